import type { Db } from '@sparekey/db/db'
import { applications } from '@sparekey/db/schema/applications'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { runOn } from '@sparekey/db/statement'
import { getTableColumns, sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import { createBatcher, gatherMs, oneFor } from './batcher.ts'
import type { Context } from './context.ts'

export type ResetRequest = typeof resetRequests.$inferSelect

/** What a job looks at: half of all columns, since each costs time in every mail. */
const jobColumns = {
  id: resetRequests.id,
  applicationId: resetRequests.applicationId,
  dialect: resetRequests.dialect,
  login: resetRequests.login,
  loginKey: resetRequests.loginKey,
  locale: resetRequests.locale,
  resetUrl: resetRequests.resetUrl,
  carries: resetRequests.carries,
  recipient: resetRequests.recipient,
  status: resetRequests.status,
  reason: resetRequests.reason,
  generation: resetRequests.generation,
  secretId: resetRequests.secretId,
  seed: resetRequests.seed,
  codeDigits: resetRequests.codeDigits,
  deliverBefore: resetRequests.deliverBefore,
}
export type JobRequest = Pick<ResetRequest, keyof typeof jobColumns>

export interface Loaded {
  request: JobRequest
  /** Without its aliases, which no mail needs. */
  application: Application
}

const columns = Object.entries(jobColumns) as [keyof JobRequest, (typeof jobColumns)[keyof JobRequest]][]

/** The version of an application's row: each change of it makes a new one. */
const versionOf = (application: string) => `${application}.xmin::text || ${application}.ctid::text`

/** What a statement selects of a request and of its application, by their names there, so that `toLoaded` can read it. */
export const jobFields = (request: string, application: string): string =>
  [
    ...columns.map(([name, column]) => `${request}.${column.name} as "${name}"`),
    `${versionOf(application)} as version`,
  ].join(', ')

export type JobRow = { version: string } & Record<keyof JobRequest, unknown>

const knownTo = oneFor((_: Db) => new Map<string, { application: Application; version: string }>())
const mostKnown = 1_000

const applicationsOf = oneFor((db: Db) =>
  db.hot
    .select({
      application: getTableColumns(applications),
      version: sql<string>`${sql.raw(versionOf('applications'))}`,
    })
    .from(applications)
    .where(sql`${applications.id} = any(${sql.placeholder('ids')})`)
    .prepare('applications_by_id'),
)

/**
 * Requests and their applications, by the requests' ids. An application is read again only where its row is another one by
 * now: its 25 columns cost more than the request's.
 */
export async function toLoaded(db: Db, rows: JobRow[]): Promise<Map<string, Loaded>> {
  const known = knownTo(db)
  if (known.size > mostKnown) known.clear()
  const requests = rows.map(row => ({ request: readJob(row), version: row.version }))
  const changed = new Set<string>()
  for (const { request, version } of requests)
    if (known.get(request.applicationId)?.version !== version) changed.add(request.applicationId)
  if (changed.size > 0)
    for (const { application, version } of await applicationsOf(db).execute({ ids: [...changed] }))
      known.set(application.id, { application: { ...application, aliases: [] }, version })
  return new Map(
    requests.flatMap(({ request }) => {
      const application = known.get(request.applicationId)?.application
      return application ? [[request.id, { request, application }]] : []
    }),
  )
}

function readJob(row: JobRow): JobRequest {
  const read: Record<string, unknown> = {}
  for (const [name, column] of columns) {
    const value = row[name]
    read[name] = value === null ? null : column.mapFromDriverValue(value as never)
  }
  return read as JobRequest
}

const byId = `
  select ${jobFields('r', 'a')} from reset_requests r join applications a on a.id = r.application_id
  where r.id = any($1::text[])`

/** A request and its application as they are now; undefined where there is no such request. Calls share a statement. */
export const loadRequest = oneFor(({ db, isFull }: Context) =>
  createBatcher<string, Loaded | undefined>(
    async ids => {
      const loaded = await toLoaded(db, await runOn(db.hot)<JobRow>(byId, [ids]))
      return ids.map(id => loaded.get(id))
    },
    { gatherMs, isPatient: isFull },
  ),
)
