import type { PasswordReason } from '../errors.ts'

const maxLength = 256
/** zxcvbn's time grows with the square of the length; what it would find, it finds in the beginning. */
const maxEstimated = 64
/**
 * Guesses, as a power of ten, under which a password is too guessable. zxcvbn's score 3 begins at 8, and a random
 * password of 8 characters has just that; patterns of 15 characters and more mostly come out under 5.
 */
const leastGuesses = 7.5

export interface PolicyFacts {
  /** In code points. */
  minLength: number
  login: string
  email?: string | null | undefined
  name?: string | null | undefined
  applicationName?: string | undefined
}

/**
 * Why a new password is refused; empty means that it is fine. Length counts code points of the NFC form; there are no
 * rules on what a password is composed of (NIST SP 800-63B-4 3.1.1.2). Whether it was breached is asked elsewhere.
 */
export async function checkPassword(password: string, facts: PolicyFacts): Promise<PasswordReason[]> {
  const text = password.slice(0, 4 * maxLength).normalize('NFC')
  const length = [...text].length
  if (length > maxLength || password.length > 4 * maxLength) return ['too_long']
  const reasons: PasswordReason[] = []
  if (length < facts.minLength) reasons.push('too_short')
  tools ??= makeTools()
  const { common, estimator } = await tools
  if (common.has(text.toLowerCase())) reasons.push('too_common')
  const words = personalWords(facts)
  const { guessesLog10, sequence } = estimator.check([...text].slice(0, maxEstimated).join(''), words)
  const guessable = guessesLog10 < leastGuesses
  const personal = sequence.some(match => 'dictionaryName' in match && match.dictionaryName === 'userInputs')
  if (isMostly(text, words, facts.minLength) || (guessable && personal)) reasons.push('like_login')
  // A short or a common one is guessable anyway: one reason says enough.
  else if (guessable && reasons.length === 0) reasons.push('too_guessable')
  return reasons
}

/** Whether little is left once the person's own words are taken out of the password. */
function isMostly(text: string, words: string[], minLength: number): boolean {
  const whole = fold(text)
  let rest = whole
  for (const word of words.map(fold).sort((a, b) => b.length - a.length)) {
    if ([...word].length >= 4) rest = rest.replaceAll(word, '')
  }
  return rest !== whole && [...rest].length < minLength / 2
}

function personalWords({ login, email, name, applicationName }: PolicyFacts): string[] {
  const words = new Set<string>()
  for (const text of [login, email, name, applicationName]) {
    const short = text?.slice(0, maxLength) ?? ''
    for (const part of [short, short.split('@')[0] ?? '', fold(short), ...short.split(/[\s._\-+@]+/)]) {
      if ([...part].length >= 3) words.add(part)
    }
  }
  // The parts of a host name are not the person's: "example" and "com" say nothing by themselves.
  for (const part of ['com', 'org', 'net', 'example']) words.delete(part)
  return [...words]
}

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s._\-+@]+/g, '')
}

let tools: ReturnType<typeof makeTools> | undefined
/** 49,000 common passwords, the diceware words and the keyboards: loaded and built when the first password comes. */
async function makeTools() {
  const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ])
  return {
    common: new Set(dictionary['passwords-common']),
    estimator: new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: 2 * maxEstimated }),
  }
}
