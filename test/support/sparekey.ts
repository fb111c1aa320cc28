import { randomBytes } from 'node:crypto'
import { readConfig } from '@sparekey/config/config'
import { createLog, type Log } from '@sparekey/log/log'
import type { StoredMail } from '@sparekey/mailbox/mailbox'
import postgres from 'postgres'
import { freshDatabase, freshRedis } from './database.ts'
import { freePort } from './port.ts'

export type BackendName = 'redis' | 'postgres'
export const backends: BackendName[] = ['redis', 'postgres']

export interface Sparekey {
  url: string
  databaseUrl: string
  adminKey: string
  /** The database, for looking and for moving its clock on; never for doing what an endpoint does. */
  sql: postgres.Sql
  call: Call
  /** Makes an application; resolves to its id and keys. */
  application(input?: object): Promise<{ id: string; slug: string; secret: string; publishable: string }>
  /** Waits for the newest mail to somebody, past those `after`. */
  mail(to: string, after?: number): Promise<StoredMail>
  mails(to?: string): StoredMail[]
  /** Waits until a request has one of these statuses. */
  status(id: string, key: string, ...wanted: string[]): Promise<Json>
  startWorker(): Promise<{ close(): Promise<void> }>
  close(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: tests look at answers field by field, and say what they expect
export type Json = any

interface CallOptions {
  key?: string
  body?: unknown
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  body: Json
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Answer>

interface Options {
  backend?: BackendName
  /** Instead of the mailbox. */
  smtpUrls?: string[]
  /** Start without a worker. */
  worker?: boolean
  redisUrl?: string
  /** Instead of silence. */
  log?: Log
  /** Stand-ins for the vendors that check proofs of humanity. */
  siteverify?: { turnstile: string; hcaptcha: string }
  /** A migrated database instead of a fresh one of the shared server. */
  database?: { url: string; drop(): Promise<void> }
  env?: Record<string, string>
}

/** A whole Sparekey, API and worker on a database of its own, with a mailbox that takes its mails. */
export async function startSparekey(options: Options = {}): Promise<Sparekey> {
  const database = options.database ?? (await freshDatabase())
  const port = await freePort()
  const redisUrl = options.redisUrl ?? (options.backend === 'redis' ? await freshRedis() : undefined)
  const adminKey = `admin_${randomBytes(24).toString('base64url')}`
  const config = readConfig({
    DATABASE_URL: database.url,
    SPAREKEY_SECRET: randomBytes(32).toString('base64'),
    SPAREKEY_ADMIN_KEY: adminKey,
    PORT: String(port),
    LOG_LEVEL: 'silent',
    SHUTDOWN_GRACE: '10',
    WORKER_CONCURRENCY: '10',
    ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
    ...options.env,
  })
  // Not before somebody starts one: they take two seconds to load, and many tests have their own processes.
  const [{ runApi }, { runWorker }, { createMailbox }] = await Promise.all([
    import('@sparekey/api/main'),
    import('@sparekey/worker/main'),
    import('@sparekey/mailbox/mailbox'),
  ])
  const log = options.log ?? createLog(config.logLevel, 'test')
  const mailbox = await createMailbox()
  const shared = { config, secrets: config.secrets ?? [], databaseUrl: database.url, log }
  const api = await runApi({ ...shared, adminKey, mailbox, siteverify: options.siteverify })
  const startWorker = () =>
    runWorker({ ...shared, smtpUrls: options.smtpUrls ?? [mailbox.smtpUrl], listen: false })
  const workers = options.worker === false ? [] : [await startWorker()]
  const sql = postgres(database.url, { max: 2, onnotice: () => {} })
  const url = `http://localhost:${port}`
  const call = callAt(url)

  return {
    url,
    databaseUrl: database.url,
    adminKey,
    sql,
    call,
    async application(input = {}) {
      const { status, body } = await call('POST', '/v1/applications', {
        key: adminKey,
        body: { name: 'Acme', minPasswordLength: 8, ...input },
      })
      if (status !== 201) throw new Error(`no application: ${JSON.stringify(body)}`)
      return { id: body.id, slug: body.slug, ...body.keys }
    },
    mail: (to, after = 0) =>
      until(`mail ${after + 1} to ${to}`, () => {
        const found = mailbox.messages(to)
        return found.length > after ? found[0] : undefined
      }),
    mails: to => mailbox.messages(to),
    status: (id, key, ...wanted) =>
      until(`request ${wanted.join(' or ')}`, async () => {
        const { body } = await call('GET', `/v1/reset-requests/${id}`, { key })
        return wanted.includes(body.status) ? body : undefined
      }),
    async startWorker() {
      const worker = await startWorker()
      workers.push(worker)
      return worker
    },
    async close() {
      await Promise.all(workers.map(worker => worker.close()))
      await api.close()
      await mailbox.close()
      await sql.end({ timeout: 5 })
      await database.drop()
    },
  }
}

/** Calls the API at this address, which may be in another process. */
export function callAt(url: string): Call {
  return async (method, path, { key, body, headers } = {}) => {
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined || method === 'GET'
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json')
    return {
      status: response.status,
      headers: response.headers,
      body: json && text ? JSON.parse(text) : text,
    }
  }
}

/**
 * Looks again every `everyMs` until there is something to see. Patient, since it costs nothing where all is well and
 * machines may be slow.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 60_000,
  everyMs = 25,
): Promise<T> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}

interface WithText {
  text?: string | null
}

/** A mail's link, as it stands there. */
export function linkOf(mail: WithText): string {
  const link = /https?:\/\/\S+#[A-Za-z0-9_-]{43}\b/.exec(mail.text ?? '')?.[0]
  if (!link) throw new Error('no link in the mail')
  return link
}

/** The token in a mail's link. */
export function tokenOf(mail: WithText): string {
  const token = /#([A-Za-z0-9_-]{43})\b/.exec(mail.text ?? '')?.[1]
  if (!token) throw new Error('no link in the mail')
  return token
}

/** The code in a mail, without its space. */
export function codeOf(mail: WithText): string {
  const code = /\b(\d{4} \d{4})\b/.exec(mail.text ?? '')?.[1]
  if (!code) throw new Error('no code in the mail')
  return code.replace(' ', '')
}
