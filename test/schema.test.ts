import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const program = join(root, 'node_modules/drizzle-kit/bin.cjs')
let folder: string
let migrations: string
let schema: string

beforeAll(async () => {
  // Inside the project, since drizzle-kit takes relative paths only and the schema's own imports must resolve.
  await mkdir(join(root, 'test/artifacts'), { recursive: true })
  folder = await mkdtemp(join(root, 'test/artifacts/schema-'))
  migrations = join(folder, 'drizzle')
  schema = join(folder, 'schema')
  await cp(join(root, 'drizzle'), migrations, { recursive: true })
  await cp(join(root, 'packages/db/src'), schema, { recursive: true })
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const drizzleKit = (...args: string[]) =>
  run(process.execPath, [program, ...args], { cwd: root, timeout: 60_000 })
const fromRoot = (path: string) => relative(root, path)
const generate = () =>
  drizzleKit(
    'generate',
    '--dialect=postgresql',
    `--schema=${fromRoot(join(schema, 'schema/*.ts'))}`,
    `--out=${fromRoot(migrations)}`,
  )
const listAll = async () => (await readdir(migrations, { recursive: true })).sort()

test('the migrations in drizzle/ agree with one another', async () => {
  const { stdout } = await drizzleKit('check', '--dialect=postgresql', `--out=${fromRoot(migrations)}`)
  expect(stdout).toContain('fine')
})

test('the schema holds nothing that no migration makes', async () => {
  const before = await listAll()
  const { stdout } = await generate()
  expect(stdout).toContain('No schema changes')
  expect(await listAll()).toEqual(before)
})

test('a column that no migration makes would be seen', async () => {
  const before = await listAll()
  const path = join(schema, 'schema/applications.ts')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace("slug: text('slug')", "extra: text('extra'),\n    slug: text('slug')"))
  await generate()
  expect((await listAll()).length).toBeGreaterThan(before.length)
})
