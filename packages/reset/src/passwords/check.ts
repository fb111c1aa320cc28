import type { Context } from '../context.ts'
import { ResetError } from '../errors.ts'
import { checkPassword, type PolicyFacts } from './policy.ts'

/**
 * Refuses a new password that the policy or a breach speaks against. A breach is asked for only where the policy has
 * nothing to say. Throws ResetError `password_refused`, with the reasons.
 */
export async function assertPassword(
  { isBreached }: Pick<Context, 'isBreached'>,
  password: string,
  facts: PolicyFacts,
): Promise<void> {
  const reasons = await checkPassword(password, facts)
  if (reasons.length === 0 && (await isBreached?.(password))) reasons.push('breached')
  if (reasons.length > 0) throw new ResetError('password_refused', 'This password was refused.', { reasons })
}
