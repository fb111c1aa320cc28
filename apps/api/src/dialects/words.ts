import type { PasswordReason } from '@sparekey/reset/errors'
import type { ApiError } from '../problem.ts'

/** Why a password is refused, for people. */
export const reasonTexts: Record<PasswordReason, string> = {
  too_short: 'The password is too short.',
  too_long: 'The password is too long.',
  too_common: 'The password is among those that very many people use.',
  too_guessable: 'The password is too easy to guess.',
  like_login: 'The password is too much like the user name, the email or the name.',
  breached: 'The password appears in a list of stolen ones.',
}

/** An error in one sentence, with the reasons of a refused password in words. */
export function sentenceOf({ message, details }: Pick<ApiError, 'message' | 'details'>): string {
  return details.reasons?.map(reason => reasonTexts[reason]).join(' ') || message
}
