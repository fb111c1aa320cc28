import { auditLog } from '@sparekey/db/schema/operators'
import { and, desc, eq, lt } from 'drizzle-orm'
import type { Context } from './context.ts'
import { invalid } from './errors.ts'

/** Something that an operator or a key changed. `fields` are names of what was changed, never values. */
export interface AuditEntry {
  /** `operator`, `cli` for the command line, or a key's id. */
  actor: string
  applicationId?: string | undefined
  action: string
  target?: string | undefined
  fields: string[]
  ip?: string | undefined
  requestId?: string | undefined
}

/** Adds an entry. Nothing can change or delete one afterwards. */
export async function audit({ db }: Pick<Context, 'db'>, entry: AuditEntry): Promise<void> {
  await db.insert(auditLog).values(entry)
}

/** Entries, newest first, of one application or of all. Throws ResetError `invalid_request` for a bad cursor. */
export async function listAudit(
  { db }: Pick<Context, 'db'>,
  { applicationId, cursor, limit }: { applicationId?: string; cursor?: string; limit: number },
) {
  if (cursor !== undefined && !/^[1-9]\d{0,15}$/.test(cursor))
    throw invalid('cursor', 'must be the nextCursor of an earlier page')
  const rows = await db
    .select()
    .from(auditLog)
    .where(
      and(
        applicationId === undefined ? undefined : eq(auditLog.applicationId, applicationId),
        cursor === undefined ? undefined : lt(auditLog.id, Number(cursor)),
      ),
    )
    .orderBy(desc(auditLog.id))
    .limit(limit + 1)
  const items = rows.slice(0, limit)
  return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.id) : null }
}
