/** Longest line without its end, the soft break's `=` included (RFC 2045 section 6.7). */
const lineLength = 76

const softBreak = '=\r\n'

/**
 * A text in quoted-printable (RFC 2045 section 6.7), from the start of a line to the start of another: it ends in a soft
 * break unless the text ends a line. So parts that were encoded apart join to what they would be together. No line
 * begins with a dot (nothing is left to stuff, RFC 5321 section 4.5.2), and no two blanks follow each other (the text is
 * its own canonical form, RFC 6376 section 3.4.4).
 */
export function encodeQuoted(text: string): string {
  let out = ''
  let column = 0
  /** Where what is not in `out` yet begins. */
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const plain = isPlain(text, at)
    // Goes out with those around it: by single characters a mail's blanks took 8 kB of memory.
    if (plain && column > 0 && column + 1 < lineLength) {
      column++
      continue
    }
    out += text.slice(from, at)
    const unit = text.charCodeAt(at)
    if (unit === 10) {
      out += '\r\n'
      column = 0
      from = at + 1
      continue
    }
    let written = ''
    if (plain) written = text[at] as string
    else if (unit < 128) written = `=${hex(unit)}`
    else {
      // A character's bytes stay on one line: some programs read line by line.
      const point = text.codePointAt(at) as number
      if (point > 0xffff) at++
      for (const byte of Buffer.from(String.fromCodePoint(point))) written += `=${hex(byte)}`
    }
    if (column + written.length >= lineLength) {
      out += softBreak
      column = 0
    }
    if (column === 0 && written === '.') written = '=2E'
    out += written
    column += written.length
    from = at + 1
  }
  out += text.slice(from)
  return column > 0 ? out + softBreak : out
}

/** Whether a character may stand as it is. */
function isPlain(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  return (unit > 32 && unit < 127 && unit !== 61) || (unit === 32 && isPlainBlank(text, at))
}

/** Whether a blank may stand as it is: in mid-text, and after none. */
function isPlainBlank(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1)
  const after = text.charCodeAt(at + 1)
  return at > 0 && at + 1 < text.length && before !== 32 && before !== 9 && after !== 10
}

const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, '0')
