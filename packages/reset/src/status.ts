/**
 * The status of a reset request. Every change is one conditional UPDATE; no row back means that somebody else was first.
 *
 *   accepted ─► sending ─► sent ─► used | expired | replaced
 *      │          ├──────► unknown ─► sent | used | expired | replaced | failed
 *      │          └──────► failed
 *      ├────► ignored
 *      └────► cancelled    (from accepted and from every live status)
 *
 * live       its token works, as long as `expires_at` lies ahead; at most one live request per recipient
 * sending    minted; the mail is queued, under way, or waits for its next try
 * unknown    the line was lost while the mail server may have taken the mail: one more try
 * A resend takes a request back to accepted with the next generation; mails of older generations decide nothing any more.
 */
import { resetRequests } from '@sparekey/db/schema/reset-requests'
import type { RequestStatus } from '@sparekey/db/types'
import { and, isNotNull, isNull } from 'drizzle-orm'

export const live = ['sending', 'sent', 'unknown'] as const satisfies RequestStatus[]
/** The mail's outcome is still open. */
export const delivering = ['sending', 'unknown'] as const satisfies RequestStatus[]
export const cancellable = ['accepted', ...live] as const satisfies RequestStatus[]
export const resendable = [...live, 'failed', 'expired', 'ignored'] as const satisfies RequestStatus[]

/** What comes to the same as a status, in the words of the indexes, which name none. */
export const isAccepted = and(isNull(resetRequests.mintedAt), isNull(resetRequests.endedAt))
export const isLive = and(isNotNull(resetRequests.mintedAt), isNull(resetRequests.endedAt))

/** What a request that is over keeps no more: the columns to clear, so that none of its secrets work or can be made again. */
export const voided = { seed: null, tokenDigest: null, codeDigest: null, codeLookup: null } as const

/** Why a request was ignored. */
export type IgnoreReason = 'no_account' | 'suppressed' | 'recipient_limit' | 'duplicate'

/**
 * Why a request failed: a mail server refused its mail for good, put it off too often or too long, or no mail could be made
 * of it any more.
 */
export const failureClasses = ['refused', 'out_of_tries', 'out_of_time', 'unsendable'] as const
export type FailureClass = (typeof failureClasses)[number]
