import type { HumanProof } from '@sparekey/db/types'
import type { Context } from '../context.ts'
import { ResetError } from '../errors.ts'
import { unseal } from '../webhooks/secrets.ts'

const deadlineMs = 5_000
const answerBytes = 16_384

/** The vendors' own addresses; no tenant can name another. */
const addresses = {
  turnstile: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
  hcaptcha: 'https://api.hcaptcha.com/siteverify',
}

/** What a vendor says of a proof when the fault is ours or its own, and not the person's. */
const faults = /secret|sitekey|internal-error|bad-request/

type Vendor = Exclude<HumanProof, { kind: 'altcha' }>

/**
 * Asks the vendor whether a proof is good: a form of `secret`, `response`, `sitekey` and `remoteip`, answered by
 * `{success, "error-codes"}`. Throws ResetError `unavailable` where it gives no answer within five seconds, or says that
 * the application's site key or secret is wrong: nobody is let in for that.
 */
export async function isVouchedFor(
  context: Context,
  applicationId: string,
  { kind, siteKey, secret: sealed }: Vendor,
  { proof, ip }: { proof: string; ip?: string | undefined },
): Promise<boolean> {
  const away = (why: string) => {
    context.log.warn({ applicationId, kind, why }, 'a proof of humanity could not be checked')
    return new ResetError('unavailable', 'The proof can not be checked now. Try again shortly.')
  }
  const [secret] = unseal(context, [sealed], new Date())
  if (secret === undefined) throw away('the key that sealed the secret is gone')
  const body = new URLSearchParams({
    secret,
    response: proof,
    sitekey: siteKey,
    ...(ip ? { remoteip: ip } : {}),
  })
  const answer = await ask(context.siteverify?.[kind] ?? addresses[kind], body).catch(() => undefined)
  if (typeof answer?.success !== 'boolean') throw away('no answer that can be read')
  if (answer.success) return true
  const codes = Array.isArray(answer['error-codes']) ? answer['error-codes'].map(String) : []
  const fault = codes.find(code => faults.test(code) && /^[a-z-]{1,60}$/.test(code))
  if (fault !== undefined) throw away(fault)
  return false
}

async function ask(
  url: string,
  body: URLSearchParams,
): Promise<{ success?: unknown; 'error-codes'?: unknown }> {
  const signal = AbortSignal.timeout(deadlineMs)
  const response = await fetch(url, { method: 'POST', body, signal, redirect: 'error' })
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > answerBytes) throw new Error('the answer is too long')
  }
  return JSON.parse(text)
}
