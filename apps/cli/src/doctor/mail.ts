import type { Config } from '@sparekey/config/config'
import { type Probe, probeServer } from '@sparekey/mail/probe'
import { CommandError } from '../failure.ts'
import { type Check, type Finding, fail, known, ok, warn } from './check.ts'

const probeMs = 4_500
const renewWithinDays = 14

/** A check for each mail server, in the order in which they are tried; no mail is sent. */
export function mailChecks({ smtpUrls, databaseUrl }: Config): Check[] {
  if (smtpUrls.length === 0) {
    const says = 'SMTP_URL is not set: mails go to the built-in mailbox'
    const finding = databaseUrl ? warn(`${says}, and reach nobody`, 'set SMTP_URL') : ok(says)
    return [known('Mail server', finding)]
  }
  return smtpUrls.map((url, index) => ({
    name: smtpUrls.length > 1 ? `Mail server ${index + 1}` : 'Mail server',
    run: async () => judge(await probe(url)),
  }))
}

async function probe(url: string): Promise<Probe> {
  try {
    return await probeServer(url, { timeoutMs: probeMs })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CommandError(error.message.replace('mail server URL:', 'SMTP_URL cannot be used, it'))
  }
}

function judge({ label, here, tls, signedIn, broke }: Probe): Finding {
  if (broke) return failure(label, broke)
  const signed = signedIn ? ', signed in' : ', no sign-in'
  if (!tls) {
    if (here) return ok(`${label}, plain text on this machine${signed}`)
    return warn(
      `${label}, plain text over the network${signed}: whoever is on the line reads the links`,
      'use smtps://, or ?requireTLS=true where the server has STARTTLS',
    )
  }
  const days = Math.floor((tls.validUntil.getTime() - Date.now()) / 86_400_000)
  const says = `${label}, ${tls.protocol} with a certificate that holds ${days} more days${signed}`
  return days < renewWithinDays ? warn(says, 'renew the certificate of the mail server') : ok(says)
}

function failure(label: string, { at, code, words }: NonNullable<Probe['broke']>): Finding {
  if (at === 'connect')
    return fail(
      `${label} is out of reach: ${words}`,
      'check host and port in SMTP_URL, whether the server runs, and whether a firewall is between',
    )
  if (at === 'greeting') return fail(`${label} turns us away: ${words}`, "ask the mail server's operator")
  if (at === 'sign-in')
    return fail(
      `${label} refuses the sign-in: ${words}`,
      'check user and password in SMTP_URL, special characters written as %40 and the like',
    )
  return fail(`${label} has no line that can be trusted: ${words}`, mendTls(code))
}

function mendTls(code: string): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return "use the host name that its certificate carries, or say ?servername= that name in SMTP_URL's address"
  if (code === 'CERT_HAS_EXPIRED') return 'renew the certificate of the mail server'
  if (/SELF_SIGNED|UNABLE_TO/.test(code))
    return 'give the mail server a certificate of a known authority, or name yours in NODE_EXTRA_CA_CERTS'
  if (/WRONG_VERSION|EPROTO|PACKET_LENGTH/.test(code))
    return 'this port does not begin with TLS: use smtp://, which has STARTTLS, or port 465'
  return 'check that the port has TLS: smtps:// from the first byte, smtp:// with STARTTLS'
}
