import { isSigned, sign } from '@sparekey/token/token'
import { type Context, newestSecret } from './context.ts'

/** Signs a text that goes out and comes back, for one purpose: 64 hex digits. */
export function signText(context: Context, purpose: string, text: string): string {
  return sign(newestSecret(context).key, purpose, text)
}

/** Whether we signed this text for this purpose, with any key that still counts. */
export function isSignedText(
  { secrets }: Context,
  purpose: string,
  text: string,
  signature: string,
): boolean {
  return isSigned(
    secrets.map(({ key }) => key),
    purpose,
    text,
    signature,
  )
}

/** Keys of one purpose for a library that signs by itself, 64 hex digits each: the first one makes, all of them check. */
export function purposeKeys({ secrets }: Context, purpose: string, text: string): string[] {
  return secrets.map(({ key }) => sign(key, purpose, text))
}
