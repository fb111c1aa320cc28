import type { Config } from '@sparekey/config/config'
import { type Demo, demoLogin } from './demo.ts'
import type { Keys } from './made-keys.ts'
import { localUrl } from './run.ts'

/** What `sparekey start` prints once everything runs: addresses, keys, and a curl line that can be pasted. Pure. */
export function banner(facts: {
  config: Config
  keys: Keys
  demo: Demo | undefined
  /** Address of the built-in mailbox's SMTP server, where there is one. */
  mailboxUrl: string | undefined
}): string {
  const { config, keys, demo, mailboxUrl } = facts
  const base = localUrl(config)
  const rows: (readonly [string, string])[] = [
    ['API', base],
    ['Dashboard', `${base}/dashboard`],
    ['Reference', `${base}/docs`],
  ]
  if (mailboxUrl) rows.push(['Mailbox', `${base}/mailbox  (${mailboxUrl})`])
  if (demo) rows.push(['Forgot page', `${base}/forgot/${demo.slug}`])
  if (config.publicUrl !== base) rows.push(['Links go to', config.publicUrl])
  rows.push(['Admin key', keys.madeAdminKey ? keys.adminKey : 'as set in SPAREKEY_ADMIN_KEY'])
  if (demo?.keys) {
    rows.push(['Secret key', demo.keys.secret], ['Public key', demo.keys.publishable])
  }
  const width = Math.max(...rows.map(([label]) => label.length)) + 2
  const lines = [
    '',
    'Sparekey runs.',
    '',
    ...rows.map(([label, text]) => `  ${label.padEnd(width)}${text}`),
    '',
  ]
  if (demo?.keys) {
    lines.push('Ask for a first mail:', '', `  ${curlLine(base, demo.keys.publishable)}`, '')
  } else if (demo) {
    lines.push(`Keys are shown only once. Make one more: npm run sparekey -- key create ${demo.slug}`, '')
  }
  lines.push('Ctrl-C ends it.', '')
  return lines.join('\n')
}

function curlLine(base: string, key: string): string {
  const body = JSON.stringify({ login: demoLogin })
  return `curl -sS ${base}/v1/reset-requests -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '${body}'`
}
