import type { Db } from '@sparekey/db/db'
import { runOn } from '@sparekey/db/statement'
import { createBatcher, oneFor } from './batcher.ts'
import type { Context } from './context.ts'
import type { JobRequest } from './load.ts'
import type { IgnoreReason } from './status.ts'

const ignoreRows = `
  update reset_requests r set status = 'ignored', reason = asked.reason, ended_at = now()
  from unnest($1::text[], $2::text[]) as asked (id, reason)
  where r.id = asked.id and r.status = 'accepted'
  returning r.id`

/** accepted → ignored, with the reason; calls share a statement. Resolves to whether it was still accepted. */
const ignoreTogether = oneFor((db: Db) =>
  createBatcher<{ id: string; reason: IgnoreReason }, boolean>(async asked => {
    const rows = await runOn(db.hot)<{ id: string }>(ignoreRows, [
      asked.map(({ id }) => id),
      asked.map(({ reason }) => reason),
    ])
    const ignored = new Set(rows.map(({ id }) => id))
    return asked.map(({ id }) => ignored.has(id))
  }),
)

/** Ends a request whose mail is not to be sent. */
export async function ignore(context: Context, request: JobRequest, reason: IgnoreReason): Promise<void> {
  const { id, applicationId, dialect } = request
  if (!(await ignoreTogether(context.db)({ id, reason }))) return
  context.record?.({ type: 'ignored', reason, applicationId, dialect })
  context.log.info({ requestId: id, reason }, 'request ignored')
}
