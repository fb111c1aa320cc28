import { expect, test } from 'vitest'
import {
  hasDefaultExport,
  importsOf,
  ownerOf,
  readSources,
  readsEnvironment,
  type SourceFile,
  setsMember,
  targetOf,
} from './support/imports.ts'

/** The siblings that a package may import; apps wire things up and may import any. */
const siblings: Record<string, string[]> = {
  config: [],
  db: [],
  embedded: [],
  metrics: [],
  locale: [],
  log: [],
  mail: ['locale'],
  mailbox: [],
  queue: [],
  reset: ['db', 'locale', 'mail', 'queue', 'token', 'webhook'],
  token: [],
  trace: [],
  webhook: [],
}

/** Libraries that stay in the packages named here. */
const keptIn: Record<string, string[]> = {
  'drizzle-orm': ['packages/db', 'packages/reset'],
  bullmq: ['packages/queue'],
  ioredis: ['packages/queue'],
  nodemailer: ['packages/mail'],
  mjml: ['packages/mail'],
}

/** The one reader of the environment, and where children are started, which need its PATH. */
const mayReadEnvironment = ['apps/cli/src/main.ts', 'packages/embedded/src/cluster.ts']

function breaches(file: SourceFile): string[] {
  const owner = ownerOf(file.path)
  const found: string[] = []
  for (const specifier of importsOf(file)) {
    if (specifier.startsWith('.')) {
      const target = targetOf(file.path, specifier)
      const outside = !target.startsWith(`${owner}/`) && /^(apps|packages)\//.test(target)
      if (outside) found.push(`${file.path} reaches into ${ownerOf(target)} by a relative path`)
      continue
    }
    const [scope = '', name = ''] = specifier.split('/')
    if (scope === '@sparekey' && owner.startsWith('packages/')) {
      const self = owner.slice('packages/'.length)
      if (!siblings[self]?.includes(name)) found.push(`${file.path} imports ${specifier}`)
    }
    const library = scope.startsWith('@') ? `${scope}/${name}` : scope
    if (keptIn[library]?.includes(owner) === false) found.push(`${file.path} imports ${specifier}`)
  }
  if (hasDefaultExport(file)) found.push(`${file.path} has a default export`)
  if (readsEnvironment(file) && !mayReadEnvironment.includes(file.path))
    found.push(`${file.path} reads the environment`)
  // Where it stands still, a test may kill the process.
  if (setsMember(file, 'reached')) found.push(`${file.path} sets the hook of the fault suite`)
  return found
}

test('packages and apps keep to their boundaries', () => {
  const files = readSources()
  expect(files.length).toBeGreaterThan(30)
  expect(files.flatMap(breaches)).toEqual([])
})

test('every package has its line in the table of siblings', () => {
  const packages = readSources()
    .map(file => ownerOf(file.path))
    .filter(owner => owner.startsWith('packages/'))
    .map(owner => owner.slice('packages/'.length))
  expect([...new Set(packages)].sort()).toEqual(Object.keys(siblings).sort())
})

test.each([
  ['packages/token/src/bad.ts', "import { openDb } from '@sparekey/db/db'"],
  ['packages/mail/src/bad.ts', "export * from '@sparekey/reset/tokens'"],
  ['packages/reset/src/bad.ts', "import type { Config } from '@sparekey/config/config'"],
  ['apps/api/src/bad.tsx', "const { sql } = await import('drizzle-orm')"],
  ['apps/api/src/bad.ts', "import { eq } from 'drizzle-orm/pg-core'"],
  ['packages/reset/src/bad.ts', "import { Queue } from 'bullmq'"],
  ['apps/worker/src/bad.ts', "import { Redis } from 'ioredis'"],
  ['packages/mailbox/src/bad.ts', "import { createTransport } from 'nodemailer'"],
  ['apps/api/src/bad.ts', "import mjml from 'mjml'"],
  ['apps/api/src/bad.ts', "import { run } from '../../worker/src/main.ts'"],
  ['packages/db/src/bad.ts', 'export default 1'],
  ['packages/db/src/bad.ts', 'export default function run() {}'],
  ['packages/db/src/bad.ts', 'const run = 1\nexport { run as default }'],
  ['apps/api/src/bad.ts', "const port = process.env['PORT']"],
  ['apps/api/src/bad.ts', 'const { PORT } = process.env'],
  ['apps/worker/src/bad.ts', 'const context = { db, reached: async () => {} }'],
  ['apps/worker/src/bad.ts', 'const context = { db, async reached() {} }'],
  ['apps/worker/src/bad.ts', 'const context = { db, reached }'],
  ['apps/worker/src/bad.ts', 'context.reached = halt'],
])('a breach in %s is caught: %s', (path, text) => {
  expect(breaches({ path, text })).toHaveLength(1)
})

test.each([
  ['packages/reset/src/good.ts', "import { eq } from 'drizzle-orm'\nimport { db } from '@sparekey/db/db'"],
  ['packages/mail/src/good.ts', "import { en } from '@sparekey/locale/en'\nimport { look } from './look.ts'"],
  ['packages/reset/src/good.ts', "const reached = () => context.reached?.('claimed')"],
  ['apps/api/src/good.ts', '// process.env is not read here\nexport const name = "export default"'],
])('what is allowed in %s is let through: %s', (path, text) => {
  expect(breaches({ path, text })).toEqual([])
})
