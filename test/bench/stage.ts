import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { freePort } from '../support/port.ts'
import { startPostgres, startRedis } from '../support/servers.ts'
import { answers, type Child, createProcesses, type Processes, type Program, script } from './processes.ts'
import { profileFolder } from './profile.ts'
import type { Settings } from './settings.ts'

/** Everything that all measures share: servers, the mail sink, the load generator, and a database to begin from. */
export interface Stage {
  settings: Settings
  processes: Processes
  postgresUrl: string
  redisUrl: string
  /** On the server's own database. */
  sql: postgres.Sql
  sink: Child
  sinkPort: number
  load: Child
  /** Environment that all parts of Sparekey share, but for their stores. */
  env: Record<string, string>
  /** The application's publishable key: the same in each database of `makeDatabase`. */
  publishable: string
  adminKey: string
  /** A folder for files of this run. */
  folder: string
  /** Makes a database; unless told otherwise, a migrated one with the application and its people. */
  makeDatabase(how?: 'migrated' | 'empty'): Promise<{ url: string; drop(): Promise<void> }>
  /** Where Redis has room that nobody uses. */
  freshRedis(): string
  /** How a part of Sparekey is started; its CPU profile is left where that was asked for. */
  sparekey(part: string): Pick<Program, 'command' | 'args'>
  /** How many accepted requests were found to have ended as one mail. */
  checked: { requests: number }
  close(): Promise<void>
}

const template = 'bench_template'
/** Lines that one import reads. */
const importLines = 100_000

export const emailOf = (n: number | string): string => `p${n}@bench.example`

export async function openStage(settings: Settings, { profile = false } = {}): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = []
  let closing: Promise<void> | undefined
  // Once, and whoever asks again waits for it: a signal may come while a measure ends.
  const close = () => {
    closing ??= (async () => {
      for (const end of closers.splice(0).reverse()) await end()
    })()
    return closing
  }
  try {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8'))
    if (profile) await rm(profileFolder, { recursive: true, force: true })
    const folder = await mkdtemp(join(tmpdir(), 'sparekey-bench-'))
    closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
    await chmod(folder, 0o755)
    const database = await startPostgres({ maxConnections: 400 })
    closers.push(() => database.close())
    const redis = await startRedis()
    closers.push(() => redis.close())
    const sql = postgres(database.url, { max: 2, onnotice: () => {} })
    closers.push(() => sql.end({ timeout: 5 }))
    const processes = createProcesses()
    closers.push(() => processes.endAll())

    const sink = processes.start({ name: 'sink', ...script('./sink.ts'), channel: true })
    const load = processes.start({ name: 'load', ...script('./load.ts'), channel: true })
    sink.hear('mails', count => load.tell('mails', count))
    const sinkPort = await sink.ask<number>('port')
    const adminKey = `admin_${randomBytes(24).toString('base64url')}`
    let databases = 0
    let redises = 0

    const stage: Stage = {
      settings,
      processes,
      postgresUrl: database.url,
      redisUrl: redis.url,
      sql,
      sink,
      sinkPort,
      load,
      env: {
        SMTP_URL: `smtp://127.0.0.1:${sinkPort}`,
        MAIL_FROM: 'Bench <no-reply@bench.example>',
        SPAREKEY_SECRET: randomBytes(32).toString('base64'),
        SPAREKEY_ADMIN_KEY: adminKey,
        SPAREKEY_DATA: join(folder, 'data'),
        PUBLIC_URL: 'https://reset.bench.example',
        LOG_LEVEL: 'warn',
      },
      publishable: '',
      adminKey,
      folder,
      async makeDatabase(how = 'migrated') {
        const name = `bench_${databases++}`
        await sql.unsafe(`create database ${name} ${how === 'empty' ? '' : `template ${template}`}`)
        return {
          url: at(database.url, name),
          drop: async () => void (await sql.unsafe(`drop database if exists ${name} with (force)`)),
        }
      },
      freshRedis: () => `${redis.url}/${1 + redises++}`,
      sparekey: part => ({
        // By what `npm run api` and `npm run worker` give the process and Node.
        command: 'env',
        args: [
          ...(scripts[part]?.match(/[A-Z_]+=\S+/g) ?? []),
          process.execPath,
          ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${join(profileFolder, profileName(part))}`] : []),
          ...(scripts[part]?.match(/--\S+/g) ?? []),
          'apps/cli/dist/main.js',
          part,
        ],
      }),
      checked: { requests: 0 },
      close,
    }
    stage.publishable = await makeTemplate(stage, at(database.url, template))
    return stage
  } catch (error) {
    await close()
    throw error
  }
}

let profiled = 0
const profileName = (part: string) => `${part}-${String(++profiled).padStart(2, '0')}`

function at(url: string, name: string): string {
  const own = new URL(url)
  own.pathname = name
  return own.href
}

/** Migrates the template and fills it, by Sparekey's own commands and calls. Resolves to the application's key. */
async function makeTemplate(stage: Stage, url: string): Promise<string> {
  await stage.sql.unsafe(`create database ${template}`)
  const port = await freePort()
  const env = { ...stage.env, DATABASE_URL: url, REDIS_URL: stage.freshRedis(), PORT: `${port}` }
  const cli = ['apps/cli/dist/main.js']
  const migrating = stage.processes.start({
    name: 'migrate',
    command: process.execPath,
    args: [...cli, 'migrate'],
    env,
  })
  await migrating.ended()
  const api = stage.processes.start({ name: 'api', command: process.execPath, args: [...cli, 'api'], env })
  const base = `http://127.0.0.1:${port}`
  await answers(api, `${base}/readyz`)
  const publishable = await makeApplication(base, stage.adminKey, stage.settings.people)
  await api.end()
  return publishable
}

/** Makes an application whose limits nobody meets, and its people. Resolves to its publishable key. */
export async function makeApplication(base: string, adminKey: string, people: number): Promise<string> {
  const call = async (path: string, key: string, type: string, body: string) => {
    const response = await fetch(base + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': type },
      body,
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
    return JSON.parse(text)
  }
  const limits = {
    perRecipientHour: 1_000,
    perRecipientDay: 1_000,
    perAddressMinute: 1_000_000,
    perKeyMinute: 1_000_000,
  }
  const application = JSON.stringify({ name: 'Bench', limits })
  const { keys } = await call('/v1/applications', adminKey, 'application/json', application)
  for (let from = 0; from < people; from += importLines) {
    const lines = Array.from({ length: Math.min(importLines, people - from) }, (_, i) =>
      JSON.stringify({ login: emailOf(from + i), email: emailOf(from + i), name: `Person ${from + i}` }),
    )
    const made = await call('/v1/accounts/import', keys.secret, 'application/x-ndjson', lines.join('\n'))
    if (made.imported !== lines.length) throw new Error(`not all people were taken: ${JSON.stringify(made)}`)
  }
  return keys.publishable
}
