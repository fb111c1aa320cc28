import { Resolver } from 'node:dns/promises'
import { type Config, ConfigError } from '@sparekey/config/config'
import { type Db, openDb } from '@sparekey/db/db'
import { lookAtDatabase } from '@sparekey/db/look'
import type { DkimKey } from '@sparekey/mail/dkim'
import { listApplications } from '@sparekey/reset/applications'
import { readSecretUse } from '@sparekey/reset/secret-use'
import { parseSender } from '@sparekey/reset/sender'
import type { Perform } from '../commands.ts'
import { explained } from '../database.ts'
import { readDkimKeys } from '../dkim-keys.ts'
import { CommandError } from '../failure.ts'
import type { Run } from '../run.ts'
import { type Check, fail, known, lookOnce, ok, type Result, runChecks, warn } from './check.ts'
import { databaseChecks } from './database.ts'
import { mailChecks } from './mail.ts'
import { findDatabase } from './place.ts'
import { postgresQueueCheck, redisChecks } from './queue.ts'
import { type Form, report, verdict } from './report.ts'
import { type SenderDns, senderChecks } from './senders.ts'
import { secretUseCheck, settingsChecks } from './settings.ts'
import { lookAtWork, workChecks } from './work.ts'

export interface DoctorOptions extends Form {
  dkimSelector?: string[]
}

/** `sparekey doctor`: looks at everything that Sparekey needs, and changes nothing. Exit code 1 where a check fails. */
export async function doctor(perform: Perform, options: DoctorOptions): Promise<void> {
  const tell = (results: Result[]) => {
    process.stdout.write(`${report(results, options)}\n`)
    const failed = results.filter(({ state }) => state === 'fail').length
    if (failed > 0) throw new CommandError(verdict(failed))
  }
  const resolver = new Resolver({ timeout: 1_500, tries: 2 })
  const selectors = options.dkimSelector ?? []
  try {
    await perform('once', async run => tell(await examine(run, { resolver, selectors })))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    tell([{ name: 'Configuration', ...fail(error.message) }])
  }
}

/** All checks, side by side as far as they do not wait for each other; the results stand in this order. */
async function examine(
  { config, closers }: Pick<Run, 'config' | 'closers'>,
  asked: Pick<SenderDns, 'resolver' | 'selectors'>,
): Promise<Result[]> {
  const { dkimKeys, checks: keyChecks } = await readKeys(config)
  const dns = { ...asked, dkimKeys }
  const place = await findDatabase(config)
  const table: Promise<Check[]>[] = [Promise.resolve([...settingsChecks(config), ...keyChecks])]
  const redis = config.redisUrl ? redisChecks(config.redisUrl) : undefined
  const mail = Promise.resolve(mailChecks(config))

  if ('finding' in place) {
    const queue = redis ?? [known('Queue', ok('on the embedded Postgres'))]
    const senders = senderChecks(domainsOf(config, []), dns)
    const checks = [known('Database', place.finding), ...queue]
    table.push(Promise.resolve(checks), mail, Promise.resolve(senders))
    table.push(
      Promise.resolve([
        known('Workers', warn('none: Sparekey does not run here', 'start it: sparekey start')),
      ]),
    )
  } else {
    const { url, where } = place
    const database = openDb(url, { connections: 2, connectSeconds: 4 })
    closers.add(database.close, 1_000)
    const look = lookOnce(() => explained(url, () => lookAtDatabase(url)))
    const current = look.then(found => 'seen' in found && found.seen.pending.length === 0)
    const reachable = look.then(found => 'seen' in found)
    const ifCurrent = <T>(work: (db: Db) => Promise<T>) =>
      current.then(is =>
        lookOnce(async () => {
          if (!is) throw new CommandError('the database is not ready')
          return await explained(url, () => work(database.db))
        }),
      )
    const work = ifCurrent(lookAtWork)
    const senders = ifCurrent(readSenders)
    const secretUse = ifCurrent(db => readSecretUse({ db }))
    table.push(
      Promise.resolve([...databaseChecks(where, look), secretUseCheck(config, secretUse)]),
      redis ? Promise.resolve(redis) : reachable.then(() => [postgresQueueCheck(url, reachable)]),
      mail,
      senders.then(found => senderChecks(domainsOf(config, 'seen' in found ? found.seen : []), dns)),
      work.then(() => workChecks(work)),
    )
  }
  const results = await Promise.all(table.map(async checks => await runChecks(await checks)))
  return results.flat()
}

/** The keys that mails are signed with; only the workers need them, so that they may be missing here. */
async function readKeys({ dkim }: Config): Promise<{ dkimKeys: DkimKey[]; checks: Check[] }> {
  if (dkim.length === 0) return { dkimKeys: [], checks: [] }
  try {
    const dkimKeys = await readDkimKeys(dkim)
    return { dkimKeys, checks: [known('DKIM keys', ok(`${dkimKeys.length} can be read`))] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { dkimKeys: [], checks: [known('DKIM keys', fail(error.message, 'ask where the workers run'))] }
  }
}

const mostPages = 10

/** The senders that applications have of their own. */
async function readSenders(db: Db): Promise<string[]> {
  const found: string[] = []
  let cursor: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const { items, nextCursor } = await listApplications({ db }, { cursor, limit: 500 })
    found.push(...items.flatMap(({ from }) => from ?? []))
    if (!nextCursor) break
    cursor = nextCursor
  }
  return found
}

const mostDomains = 20

/** The domains that mails come from, each once; none where mails stay in the built-in mailbox. */
function domainsOf({ mailFrom, smtpUrls }: Config, senders: string[]): string[] {
  if (smtpUrls.length === 0) return []
  const addresses = [mailFrom.address, ...senders.map(sender => parseSender(sender).address)]
  const domains = addresses.map(address => address.slice(address.lastIndexOf('@') + 1).toLowerCase())
  return [...new Set(domains)].slice(0, mostDomains)
}
