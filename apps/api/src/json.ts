import { ApiError } from './problem.ts'

const maxDepth = 32
const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Parses JSON that leaves no room for two readings: a key twice in one object, and nesting deeper than 32, are
 * refused, as are keys that mean something to JavaScript (RFC 8259 section 4, RFC 7493 section 2.3).
 * Throws ApiError `malformed_json`, `invalid_request`.
 */
export function parseJson(text: string): unknown {
  // Before the parser, which would go down 100,000 levels.
  checkShape(text)
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError('malformed_json', 'The body is not valid JSON.')
  }
}

function checkShape(text: string): void {
  const objects: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      objects.push(character === '{' ? new Set() : null)
      if (objects.length > maxDepth)
        throw new ApiError('malformed_json', `The body is nested deeper than ${maxDepth} levels.`)
    } else if (character === '}' || character === ']') {
      objects.pop()
    } else if (character === '"') {
      const start = at
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++
      const keys = objects.at(-1)
      if (keys && isKey(text, at + 1)) addKey(keys, text.slice(start, at + 1))
    }
  }
}

function isKey(text: string, after: number): boolean {
  let at = after
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return text[at] === ':'
}

function addKey(keys: Set<string>, quoted: string): void {
  let key = quoted.slice(1, -1)
  if (key.includes('\\')) {
    try {
      key = JSON.parse(quoted)
    } catch {
      throw new ApiError('malformed_json', 'The body is not valid JSON.')
    }
  }
  if (keys.has(key)) throw new ApiError('malformed_json', 'An object in the body has one key twice.')
  if (forbidden.has(key)) {
    const errors = [{ path: key, message: 'is not allowed as a key' }]
    throw new ApiError('invalid_request', `${key}: is not allowed as a key`, { errors })
  }
  keys.add(key)
}

/** The same text for the same value, whatever the order of its keys and its white space. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
