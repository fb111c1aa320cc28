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

/** A request and its application as they are now; undefined where there is no such request. Calls share a statement. */
export const loadRequest = oneFor(({ db, isFull }: Context) => {
  const byId = db.hot
    .select({
      request: jobColumns,
      application: getTableColumns(applications),
      accountId: sql<string | null>`${sql.raw(accountId)}`,
    })
    .from(resetRequests)
    .innerJoin(applications, eq(applications.id, resetRequests.applicationId))
    .where(sql`${resetRequests.id} = any(${sql.placeholder('ids')})`)
    .prepare('requests_by_id')
  return createBatcher<string, Loaded | undefined>(
    async ids => {
      const found = new Map((await byId.execute({ ids })).map(row => [row.request.id, row]))
      return ids.map(id => {
        const row = found.get(id)
        return (
          row && {
            request: row.request,
            application: { ...row.application, aliases: [] },
            accountId: row.accountId ?? undefined,
          }
        )
      })
    },
    { gatherMs, isPatient: isFull },
  )
})
