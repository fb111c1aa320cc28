import type { Db } from '@sparekey/db/db'
import { applications } from '@sparekey/db/schema/applications'
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import { runOn } from '@sparekey/db/statement'
import { sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import { createBatcher, gatherMs, oneFor } from './batcher.ts'
import { findAccountIds } from './find-account.ts'

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

/** A request and its application as they are now; undefined where there is no such request. Calls share statements. */
export const loadRequest = oneFor((db: Db) => {
  const requests = db.hot
    .select(jobColumns)
    .from(resetRequests)
    .where(sql`${resetRequests.id} = any(${sql.placeholder('ids')})`)
    .prepare('requests_by_id')
  const theirs = db.hot
    .select()
    .from(applications)
    .where(sql`${applications.id} = any(${sql.placeholder('ids')})`)
    .prepare('applications_by_id')
  return createBatcher<string, Loaded | undefined>(
    async ids => {
      const rows = new Map((await requests.execute({ ids })).map(row => [row.id, row]))
      const asking = [...rows.values()]
      const applicationIds = [...new Set(asking.map(row => row.applicationId))]
      const [found, accountIds] = await Promise.all([
        theirs.execute({ ids: applicationIds }),
        findAccountIds(
          runOn(db.hot),
          asking.map(({ applicationId, loginKey }) => ({ applicationId, key: loginKey })),
        ),
      ])
      const byId = new Map(found.map(row => [row.id, { ...row, aliases: [] }]))
      const theirAccounts = new Map(asking.map(({ id }, index) => [id, accountIds[index]]))
      return ids.map(id => {
        const request = rows.get(id)
        const application = request && byId.get(request.applicationId)
        return application && { request, application, accountId: theirAccounts.get(id) }
      })
    },
    { gatherMs },
  )
})
