import type { Kind } from './frames.ts'
import type { Filled } from './words.ts'

/** The text part of a mail. */
export function textPart(kind: Kind, filled: Filled): string {
  return { reset: resetText, code: codeText, notice: noticeText }[kind](filled)
}

function resetText(v: Filled): string {
  return paragraphs(
    v.greeting,
    v.intro,
    v.link,
    v.life,
    v.code && `${v.codeIntro}\n\n    ${v.code}\n\n${v.codeLife}`,
    `${v.notYou}\n${v.notYouAdvice}`,
    footer(v),
  )
}

function codeText(v: Filled): string {
  return paragraphs(
    v.greeting,
    v.intro,
    `    ${v.code}`,
    v.codeLife,
    `${v.notYou}\n${v.notYouAdvice}`,
    footer(v),
  )
}

function noticeText(v: Filled): string {
  const facts = [
    [v.whenLabel, v.changedAt],
    [v.fromLabel, v.ip],
    [v.browserLabel, v.browser],
  ].filter(([, value]) => value)
  return paragraphs(
    v.greeting,
    v.intro,
    facts.map(([label, value]) => `${label}: ${value}`).join('\n'),
    `${v.notYou}\n${v.notYouAdvice}`,
    v.forgotUrl && `${v.spelledOut}\n${v.forgotUrl}`,
    footer(v),
  )
}

function footer(v: Filled): string {
  const support = v.supportEmail ? `${v.support} ${v.supportEmail}\n` : ''
  // "-- " and a line break begin a signature (RFC 3676 section 4.3).
  return `-- \n${support}${v.reason}\n${v.imprint}`
}

function paragraphs(...parts: (string | null | undefined)[]): string {
  return `${parts.filter(Boolean).join('\n\n')}\n`
}
