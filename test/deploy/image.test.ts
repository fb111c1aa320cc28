import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, realpathSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { knownCommands, knownVariables, root, text } from './files.ts'

interface Instruction {
  name: string
  rest: string
}

const instructions: Instruction[] = text('deploy/Dockerfile')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter(line => line.trim() && !line.startsWith('#'))
  .map(line => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1).trim() }))
const all = (name: string, from = instructions) =>
  from.filter(each => each.name === name).map(({ rest }) => rest)
const shipped = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'))
const listOf = (name: string): string[] => JSON.parse(all(name, shipped)[0] ?? '[]')

/** Whether `.dockerignore` lets a file into the build: the last line that fits decides. */
function letIn(path: string): boolean {
  const lines = text('.dockerignore')
    .split('\n')
    .filter(line => line && !line.startsWith('#'))
  const patternOf = (line: string) => {
    const escaped = line.replace(/^!/, '').replaceAll('.', '\\.')
    const inner = escaped.replaceAll(/\*\*\/|\*/g, stars => (stars === '*' ? '[^/]*' : '(.*/)?'))
    return new RegExp(`^${inner}(/.*)?$`)
  }
  const deciding = lines.findLast(line => patternOf(line).test(path))
  return deciding === undefined || deciding.startsWith('!')
}

const copied = all('COPY', shipped).map(rest => {
  const [from = '', ...paths] = rest.split(/\s+/)
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' }
})
const inImage = copied.flatMap(({ sources }) => sources).map(source => source.replace(/^\/app\//, ''))

describe('the image', () => {
  test('is built in stages, and only the last is shipped', () => {
    const stages = all('FROM')
    expect(stages.length).toBeGreaterThan(2)
    const named = stages.map(rest => `--from=${/ AS (\w+)$/.exec(rest)?.[1]}`)
    for (const { from } of copied) expect(named).toContain(from)
  })

  test('stands on images by a tag that stays', () => {
    const named = all('FROM').map(rest => /^\S+ AS (\w+)$/.exec(rest)?.[1])
    for (const rest of all('FROM')) {
      const [image = ''] = rest.split(' ')
      if (!named.includes(image)) expect(image).toMatch(/^(node:26-bookworm|debian:bookworm-slim)$/)
    }
  })

  test.runIf(process.platform === 'linux')(
    'has every library that its Node asks for, and fails to be built where one is missing',
    async () => {
      const node = join(root, 'node_modules/.bin/node')
      const { stdout } = await promisify(execFile)('ldd', [realpathSync(node)])
      const asked = [...stdout.matchAll(/^\s*(lib[\w+]+|\S*ld-linux\S*)/gm)].map(
        ([, name = '']) => name.split('/').pop() ?? '',
      )
      expect(asked.length).toBeGreaterThan(4)
      // What bookworm-slim has: the C library's, and those of apt.
      const there = /^(libc|libm|libdl|libpthread|libstdc\+\+|libgcc_s|ld-linux.*)$/
      const installed = all('RUN', shipped).flatMap(
        rest =>
          rest
            .match(/(?<=--no-install-recommends )[^&]+/)?.[0]
            .trim()
            .split(/\s+/) ?? [],
      )
      for (const name of asked) if (!there.test(name)) expect(installed).toContain(`${name}1`)
      expect(all('RUN', shipped)).toContain('node --version')
    },
  )

  test('runs as a user that is not root, by number', () => {
    expect(all('USER', shipped)).toHaveLength(1)
    expect(all('USER', shipped)[0]).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/)
    const last = shipped.findLastIndex(({ name }) => name === 'RUN' || name === 'COPY')
    expect(shipped.findIndex(({ name }) => name === 'USER')).toBeGreaterThan(last)
  })

  test('sets variables that Sparekey knows, none of them a secret', () => {
    expect(all('ARG')).toEqual([])
    const names = all('ENV').flatMap(rest => [...rest.matchAll(/(\w+)=/g)].map(([, name = '']) => name))
    expect(names).toEqual(['HOST', 'SPAREKEY_DATA'])
    expect(names.filter(name => !knownVariables().has(name))).toEqual([])
    expect(text('deploy/Dockerfile')).not.toMatch(/:\/\/[^/\s]*:[^/\s]*@|SECRET|ADMIN_KEY|PASSWORD/)
  })

  test('starts the command, and by itself so that signals reach it', () => {
    const entry = listOf('ENTRYPOINT')
    expect(entry.slice(0, -1)).toEqual(['node'])
    expect(existsSync(join(root, entry.at(-1) ?? ''))).toBe(true)
    expect(inImage.some(path => entry.at(-1)?.startsWith(`${path}/`))).toBe(true)
    expect(knownCommands()).toContain(listOf('CMD').join(' '))
  })

  test('holds every package that the command stands on, with its migrations and what is built', () => {
    const needed = workspacesOf('apps/cli')
    expect(needed.length).toBeGreaterThan(8)
    const holds = (path: string) => inImage.some(each => path === each || path.startsWith(`${each}/`))
    expect(needed.filter(path => !holds(path))).toEqual([])
    expect(inImage).toEqual(
      expect.arrayContaining([
        'node_modules',
        'drizzle',
        'package.json',
        'apps/cli/dist',
        'apps/dashboard/dist',
      ]),
    )
  })

  test('puts everything where it lies in the repository', () => {
    for (const { sources, target } of copied) {
      for (const source of sources.filter(each => each.startsWith('/app/'))) {
        const path = source.slice('/app/'.length)
        expect(target === './' ? path.includes('/') : target !== path, source).toBe(false)
        const made = path === 'node_modules' || path.endsWith('/dist')
        expect(made || (existsSync(join(root, path)) && letIn(path)), `${source} is there`).toBe(true)
      }
    }
  })

  test('is built by scripts that there are', () => {
    const runs = all('RUN').join('\n')
    const scripts = [...runs.matchAll(/npm run (\w+) -w @sparekey\/(\w+)/g)]
    expect(scripts.map(([, script, name]) => `${name} ${script}`)).toEqual(['dashboard build'])
    expect(JSON.parse(text('apps/dashboard/package.json')).scripts).toHaveProperty('build')
    const tools = [...runs.matchAll(/node (tools\/\S+)/g)].map(([, path = '']) => path)
    expect(tools).toEqual(['tools/program.mjs'])
    expect(tools.filter(path => !existsSync(join(root, path)) || !letIn(path))).toEqual([])
  })
})

/** A workspace and those that it stands on. */
function workspacesOf(folder: string, found = new Set<string>()): string[] {
  if (found.has(folder)) return []
  found.add(folder)
  const { dependencies = {} } = JSON.parse(text(`${folder}/package.json`))
  for (const name of Object.keys(dependencies).filter(each => each.startsWith('@sparekey/'))) {
    const short = name.slice('@sparekey/'.length)
    workspacesOf(existsSync(join(root, 'apps', short)) ? `apps/${short}` : `packages/${short}`, found)
  }
  return [...found]
}

describe('the build', () => {
  test.each([
    '.env',
    'deploy/.env',
    'apps/api/.env.local',
    '.git/config',
    '.sparekey/keys.json',
    'apps/cli/.sparekey/keys.json',
    'node_modules/hono/package.json',
    'apps/api/node_modules/hono/package.json',
    'packages/mail/test/render.test.ts',
    'test/story.test.ts',
    'apps/dashboard/dist/index.html',
    'README.md',
    'deploy/compose.yaml',
    'key.pem',
  ])('does not see %s', path => {
    expect(letIn(path)).toBe(false)
  })

  test.each([
    'package.json',
    'package-lock.json',
    '.npmrc',
    'tsconfig.json',
    'apps/cli/src/main.ts',
    'apps/dashboard/index.html',
    'packages/db/src/migrate.ts',
    'drizzle/meta/_journal.json',
    'deploy/healthcheck.mjs',
  ])('sees %s', path => {
    expect(existsSync(join(root, path))).toBe(true)
    expect(letIn(path)).toBe(true)
  })
})

describe('the health check', () => {
  const script = /CMD \["node", "(\S+)"\]$/.exec(all('HEALTHCHECK', shipped)[0] ?? '')?.[1] ?? ''

  async function check(ports: { PORT: string; WORKER_PORT: string }): Promise<number> {
    const child = spawn(process.execPath, [join(root, script)], { env: ports, stdio: 'inherit' })
    const [code] = await once(child, 'exit')
    return code
  }

  test.each([
    ['an API answers', 200, 'PORT', 0],
    ['a worker answers', 200, 'WORKER_PORT', 0],
    ['what answers is not well', 503, 'PORT', 1],
    ['nothing answers', undefined, 'PORT', 1],
  ] as const)('says how it is where %s', async (_, status, variable, code) => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(status ?? 200).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const port = String((server.address() as AddressInfo).port)
    if (status === undefined) await new Promise(resolve => server.close(resolve))
    // Port 1 is one where nothing listens.
    expect(await check({ PORT: '1', WORKER_PORT: '1', [variable]: port })).toBe(code)
    if (status !== undefined) {
      server.close()
      expect(asked).toEqual(['/healthz'])
    }
  })
})
