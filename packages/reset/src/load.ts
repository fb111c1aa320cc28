import { applications } from '@sparekey/db/schema/applications'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { eq, getTableColumns, sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import { createBatcher, gatherMs, oneFor } from './batcher.ts'
import type { Context } from './context.ts'
import { accountIdBy } from './find-account.ts'

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
  /** Whose login or email was asked for, in the `builtin` directory. */
  accountId: string | undefined
}

const accountId = accountIdBy('"reset_requests"."application_id"', '"reset_requests"."login_key"')

/** The version of an application's row: each change of it makes a new one. */
const version = sql<string>`${applications}.xmin::text || ${applications}.ctid::text`
const mostKnown = 1_000

/**
 * A request and its application as they are now; undefined where there is no such request. Calls share a statement, and an
 * application is read again only where its row is another one by now: its 25 columns cost more than the request's.
 */
export const loadRequest = oneFor(({ db, isFull }: Context) => {
  const byId = db.hot
    .select({ request: jobColumns, version, accountId: sql<string | null>`${sql.raw(accountId)}` })
    .from(resetRequests)
    .innerJoin(applications, eq(applications.id, resetRequests.applicationId))
    .where(sql`${resetRequests.id} = any(${sql.placeholder('ids')})`)
    .prepare('requests_by_id')
  const applicationsById = db.hot
    .select({ application: getTableColumns(applications), version })
    .from(applications)
    .where(sql`${applications.id} = any(${sql.placeholder('ids')})`)
    .prepare('applications_by_id')
  const known = new Map<string, { application: Application; version: string }>()

  async function learn(ids: string[]): Promise<void> {
    for (const { application, version } of await applicationsById.execute({ ids }))
      known.set(application.id, { application: { ...application, aliases: [] }, version })
  }

  return createBatcher<string, Loaded | undefined>(
    async ids => {
      if (known.size > mostKnown) known.clear()
      const found = new Map((await byId.execute({ ids })).map(row => [row.request.id, row]))
      const changed = new Set<string>()
      for (const { request, version } of found.values())
        if (known.get(request.applicationId)?.version !== version) changed.add(request.applicationId)
      if (changed.size > 0) await learn([...changed])
      return ids.map(id => {
        const row = found.get(id)
        const application = row && known.get(row.request.applicationId)?.application
        return application && { request: row.request, application, accountId: row.accountId ?? undefined }
      })
    },
    { gatherMs, isPatient: isFull },
  )
})
