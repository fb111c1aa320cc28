/** What a mail carries that opens an account. */
export interface Carried {
  token?: string | undefined
  code?: string | undefined
}

const mark = '[removed]'
/** So many characters in a row are a part of the token, and no accident: they have 72 bits. */
const partLength = 12
/** Most answers have nothing that could be one. */
const partLike = new RegExp(`[\\w-]{${partLength}}`)
const escaped = /%[0-9a-f]{2}/gi
const escapedOrNot = /%[0-9a-f]{2}|./gis

/**
 * A mail server's words without what the mail carried, since content filters quote what they don't like: the token,
 * whole or in parts of 12 characters or more, and the code, also with blanks, plus signs or hyphens between its digits
 * or cut off at the end. Url-encoded and in capitals or small letters, too. All other words stay as they are.
 */
export function redact(words: string, { token, code }: Carried): string {
  const plain = fold(words.replace(escaped, one => String.fromCharCode(Number.parseInt(one.slice(1), 16))))
  const hidden = new Set<number>()
  const hide = (from: number, length: number) => {
    for (let at = from; at < from + length; at++) hidden.add(at)
  }
  if (token !== undefined && partLike.test(plain)) {
    const folded = fold(token)
    for (let at = 0; at + partLength <= plain.length; at++)
      if (folded.includes(plain.slice(at, at + partLength))) hide(at, partLength)
  }
  if (code !== undefined && mayHold(plain, code))
    for (const { index, 0: found } of plain.matchAll(codePattern(code))) hide(index, found.length)
  if (hidden.size === 0) return words
  const letters = words.match(escapedOrNot) ?? []
  return letters.map((letter, at) => (!hidden.has(at) ? letter : hidden.has(at - 1) ? '' : mark)).join('')
}

// Not toLowerCase alone, which makes two letters of some: each must keep its place.
const fold = (text: string) => text.replace(/[A-Z]+/g, letters => letters.toLowerCase())

/** Whether the first four digits of a code are there, without which no part of it is: a pattern costs 10 µs to make. */
const mayHold = (words: string, code: string) => words.replace(/[\s+-]+/g, '').includes(code.slice(0, 4))

/** The whole code, or four digits of it and more where the words end. */
function codePattern(code: string): RegExp {
  const spaced = (digits: string) => [...digits].join('[\\s+-]*')
  const begun = Array.from({ length: code.length - 4 }, (_, i) => `${spaced(code.slice(0, -1 - i))}$`)
  return new RegExp([spaced(code), ...begun].join('|'), 'g')
}
