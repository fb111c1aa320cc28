import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBackend } from '@sparekey/queue/backend'
import { openQueues } from '@sparekey/queue/queues'
import postgres from 'postgres'
import { isLong } from '../../support/long.ts'
import { callAt, type Json, until } from '../../support/sparekey.ts'
import { check } from './check.ts'
import type { Asked, Completion, Evidence, Interruption } from './evidence.ts'
import { readIds, readMessages, readRows, readStores } from './gather.ts'
import { type MailServer, startMailServer } from './mail-server.ts'
import { type Part, type PartOptions, startPart } from './parts.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

export interface RigOptions {
  databaseUrl: string
  redisUrl: string
  /** Where the parts reach the database, if by a detour. */
  partsDatabaseUrl?: string
  /** In the order in which they are tried; one that takes everything, unless told. */
  mailServers?: [MailServer, ...MailServer[]]
  env?: Record<string, string>
}

/** Parts in processes of their own around stores that the caller may hurt, and all that has to be remembered of a run. */
export async function createRig(options: RigOptions) {
  const mailServers = options.mailServers ?? [await startMailServer()]
  const data = await mkdtemp(join(tmpdir(), 'sparekey-faults-'))
  const sql = postgres(options.databaseUrl, { max: 2, onnotice: () => {} })
  const adminKey = `admin_${randomBytes(24).toString('base64url')}`
  const env = {
    DATABASE_URL: options.partsDatabaseUrl ?? options.databaseUrl,
    REDIS_URL: options.redisUrl,
    SMTP_URL: mailServers.map(server => server.url()).join(),
    SPAREKEY_SECRET: randomBytes(32).toString('base64'),
    SPAREKEY_ADMIN_KEY: adminKey,
    SPAREKEY_DATA: data,
    PUBLIC_URL: 'http://localhost:3000',
    LOG_LEVEL: 'debug',
    WORKER_CONCURRENCY: '10',
    ...options.env,
  }
  const queues = openQueues({
    backend: openBackend({ redisUrl: options.redisUrl, databaseUrl: options.databaseUrl }),
    log: quiet,
  })
  const parts: Part[] = []
  const asked: Asked[] = []
  const interruptions: Interruption[] = []
  const completions: Completion[] = []
  const texts: Evidence['texts'] = []
  let started = 0

  const part = async (kind: Part['kind'], partOptions?: PartOptions) => {
    const begun = await startPart(kind, `${kind}${started++}`, env, partOptions)
    parts.push(begun)
    return begun
  }
  const given = () => mailServers.flatMap(server => server.given).sort((a, b) => a.at - b.at)
  const anyApi = () => {
    const api = parts.findLast(({ kind, running }) => kind === 'api' && running())
    if (!api) throw new Error('no API runs')
    return callAt(api.url)
  }
  // On a busy machine the queue may take longer than the second that a producer gives it.
  const add: typeof queues.add = async (queue, jobs) => {
    const taken = () =>
      queues.add(queue, jobs).then(
        () => true,
        () => undefined,
      )
    await until('the queue to take the jobs', taken)
  }
  let application = { id: '', secret: '', publishable: '' }

  const rig = {
    sql,
    queues,
    /** Every message that any of the mail servers was given whole. */
    given,
    /** The same, as a person reads them: all, or somebody's. */
    read: async (to?: string) => await readMessages(given().filter(message => !to || message.to === to)),
    part,
    asked,
    data,
    interrupted: (by: string, froze?: boolean) =>
      void interruptions.push({ by, at: Date.now(), ...(froze ? { froze } : {}) }),
    /** kill -9, noted down. */
    async kill(victim: Part) {
      rig.interrupted(victim.name)
      await victim.end('SIGKILL')
    },
    /** Makes the application and people; resolves to their logins. Needs an API. */
    async people(count: number, input: object = {}): Promise<string[]> {
      const limits = {
        perAddressMinute: 1e6,
        perKeyMinute: 1e6,
        perRecipientHour: 1000,
        perRecipientDay: 1000,
      }
      const made = await anyApi()('POST', '/v1/applications', {
        key: adminKey,
        body: { name: 'Acme', minPasswordLength: 8, limits, ...input },
      })
      if (made.status !== 201) throw new Error(`no application: ${JSON.stringify(made.body)}`)
      application = { id: made.body.id, ...made.body.keys }
      const logins = Array.from({ length: count }, (_, i) => `person${i}@example.com`)
      for (const login of logins) {
        const added = await anyApi()('POST', '/v1/accounts', {
          key: application.secret,
          body: { login, email: login },
        })
        if (added.status !== 201) throw new Error(`no account: ${JSON.stringify(added.body)}`)
      }
      return logins
    },
    application: () => application,
    /** Calls any API with the application's secret key. */
    call: (method: string, path: string, body?: unknown) =>
      anyApi()(method, path, { key: application.secret, ...(body === undefined ? {} : { body }) }),
    /** Asks for a reset; remembers a 202. Resolves to the status, or undefined where the line broke. */
    async ask(login: string, { at, headers = {} }: { at?: Part; headers?: Record<string, string> } = {}) {
      const call = at ? callAt(at.url) : anyApi()
      const answer = await call('POST', '/v1/reset-requests', {
        key: application.publishable,
        headers,
        body: { login },
      }).catch(() => undefined)
      if (answer?.status === 202) asked.push({ id: answer.body.id, login, applicationId: application.id })
      return answer
    },
    /** Sets a password with a mailed token; remembers how that went. */
    async complete(token: string, at?: Part) {
      const call = at ? callAt(at.url) : anyApi()
      const password = 'violet kayak hums at dawn'
      const answer = await call('POST', '/v1/password-resets', { body: { token, password } }).catch(
        () => undefined,
      )
      if (answer) completions.push({ token, status: answer.status })
      return answer?.status
    },
    /** Makes what lost its job old enough for the next round of housekeeping. */
    async ageLost() {
      await sql`update reset_requests set enqueued_at = enqueued_at - interval '1 minute' where status = 'accepted'`
      await sql`update mails set next_try_at = next_try_at - interval '1 minute' where status in ('queued', 'sending')`
    },
    /**
     * Lets the leases of workers that are gone, or stand still, be over, and their jobs come up at once. In the long
     * form it does nothing: leases and jobs' locks run out by themselves.
     */
    async endLeases() {
      if (isLong) return
      await sql`update mails set lease_until = now() where status in ('queued', 'sending')`
      const open = await sql<{ id: string }[]>`
        select id from reset_requests where status in ('accepted', 'sending', 'unknown')`
      await add(
        'mail',
        open.map(({ id }) => ({ id: `again-${id}`, data: { requestId: id } })),
      )
      const untold = await sql<{ id: string }[]>`
        update webhook_deliveries set lease_until = now() where status = 'queued' returning id`
      await add(
        'webhook',
        untold.map(({ id }) => ({ id: `again-${id}`, data: { deliveryId: id } })),
      )
    },
    /** Waits until nothing is on its way any more. */
    async drained(timeoutMs = 60_000) {
      const look = async () => {
        const [row] = await sql<Json[]>`
          select (select count(*) from reset_requests where status in ('accepted', 'sending'))
            + (select count(*) from mails where status in ('queued', 'sending')) as open`
        return Number(row?.open) === 0 || undefined
      }
      await until('everything to drain', () => look().catch(() => undefined), timeoutMs, 100)
    },
    /** Keeps a look at all that lies in the stores now. */
    async look(when: string) {
      const seen = await readStores(sql, options.redisUrl)
      texts.push(...seen.map(({ where, text }) => ({ where: `${where}, ${when}`, text })))
    },
    async evidence(): Promise<Evidence> {
      const messages = await readMessages(given())
      const working: string[] = []
      if (parts.some(({ kind, running }) => kind === 'api' && running()))
        for (const token of new Set(messages.map(({ token }) => token)))
          if (token && (await anyApi()('POST', '/v1/reset-tokens/peek', { body: { token } })).status === 200)
            working.push(token)
      const logs = parts.map(({ name, output }) => ({ where: `log of ${name}`, text: output() }))
      return {
        asked,
        messages,
        ...(await readRows(sql)),
        interruptions,
        completions,
        brokenOff: readIds(mailServers.flatMap(server => server.brokenOff)),
        working,
        texts: [...texts, ...(await readStores(sql, options.redisUrl)), ...logs],
      }
    },
    /** What broke, once everything has drained. */
    complaints: async () => check(await rig.evidence()),
    async close() {
      await Promise.all(parts.map(({ end }) => end('SIGKILL')))
      if (!options.mailServers) await mailServers[0].close()
      await queues.close()
      await sql.end({ timeout: 5 })
      await rm(data, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  return rig
}

export type Rig = Awaited<ReturnType<typeof createRig>>
