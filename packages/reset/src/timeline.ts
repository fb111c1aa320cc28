import type { mailAttempts, mails } from '@sparekey/db/schema/mails'
import type { ResetRequest } from './load.ts'

type Mail = typeof mails.$inferSelect
type Attempt = typeof mailAttempts.$inferSelect

export interface TimelineEntry {
  at: Date
  type: string
  detail?: string
}

/** What happened to a request, in order: read off the times on its row, its mails and their attempts. Pure. */
export function timelineOf(
  request: ResetRequest,
  mails: readonly Mail[],
  attempts: readonly Attempt[],
): TimelineEntry[] {
  const entries: TimelineEntry[] = [
    {
      at: request.createdAt,
      type: 'accepted',
      ...(request.dialect === 'sparekey' ? {} : { detail: request.dialect }),
    },
  ]
  const add = (at: Date | null, type: string, detail?: string | null) => {
    if (at) entries.push({ at, type, ...(detail ? { detail } : {}) })
  }
  add(request.mintedAt, 'minted')
  for (const mail of mails) {
    for (const attempt of attempts.filter(({ mailId }) => mailId === mail.id)) {
      const words = [attempt.transport, attempt.response].filter(Boolean).join(': ')
      add(attempt.at, `${mail.kind}_${attempt.outcome}`, words)
    }
  }
  add(request.sentAt, 'sent')
  add(request.exchangedAt, 'code_exchanged')
  add(request.endedAt, request.status, request.reason)
  return entries.sort((a, b) => a.at.getTime() - b.at.getTime())
}
