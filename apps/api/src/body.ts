import type { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { headerOf, incomingOf } from './incoming.ts'
import { parseJson } from './json.ts'
import { ApiError } from './problem.ts'

const jsonBytes = 64 * 1024
const importBytes = 50 * 1024 * 1024
const lineBytes = 64 * 1024

/**
 * Reads a JSON body of at most 64 kB.
 * Throws ApiError `unsupported_media_type`, `body_too_large`, `malformed_json`, `invalid_request`.
 */
export async function readJson(c: Context): Promise<unknown> {
  checkType(c, /^application\/json$/, 'application/json')
  const text = readText(c)
  return parseJson(typeof text === 'string' ? text : await text)
}

/**
 * Reads a body of at most 64 kB, whatever its type says. There is nothing to wait for where it has arrived.
 * Throws or rejects with ApiError `body_too_large`, `unsupported_media_type`.
 */
export function readText(c: Context): string | Promise<string> {
  checkEncoding(c)
  const announced = headerOf(c, 'content-length')
  if (announced !== undefined && Number(announced) > jsonBytes) throw tooLarge(jsonBytes)
  const arrived = announced !== undefined && takeArrived(c, Number(announced))
  if (arrived) return utf8.decode(arrived)
  // Node's parser ends the body where Content-Length says; only one of unknown length must be watched.
  return receive(c, announced !== undefined && headerOf(c, 'transfer-encoding') === undefined)
}

async function receive(c: Context, isBounded: boolean): Promise<string> {
  try {
    return isBounded ? await c.req.text() : await readCapped(c)
  } catch (error) {
    if (error instanceof ApiError) throw error
    // The caller hung up: its fault and not ours, whatever the code of the error.
    throw new ApiError('invalid_request', 'The body did not arrive whole.')
  }
}

async function readCapped(c: Context): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of capped(c, jsonBytes)) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}

const utf8 = new TextDecoder()

/**
 * Takes a body that is here already in one piece: to wait for its end by events takes five times as long. Nobody may have
 * asked for it before.
 */
function takeArrived(c: Context, bytes: number): Uint8Array | undefined {
  const incoming = incomingOf(c)
  if (incoming?.readableLength !== bytes || incoming.destroyed || incoming.readableDidRead) return undefined
  const body = incoming.read() ?? Buffer.alloc(0)
  // Node's parser may be about to tell that this was the end, which a stream that nobody reads would not hear.
  if (!incoming.complete) incoming.resume()
  return body
}

/**
 * The lines of an NDJSON body (at most 50 MB, 64 kB a line), as they arrive.
 * Throws ApiError `unsupported_media_type` at once, `body_too_large` while it is read.
 */
export function readLines(c: Context): AsyncIterable<string> {
  checkType(c, /^application\/(x-)?ndjson$/, 'application/x-ndjson')
  checkEncoding(c)
  if (Number(headerOf(c, 'content-length') ?? 0) > importBytes) throw tooLarge(importBytes)
  return linesOf(c)
}

async function* linesOf(c: Context): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of capped(c, importBytes)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (rest.length > lineBytes) throw new ApiError('body_too_large', 'A line is longer than 64 kB.')
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

async function* capped(c: Context, most: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of c.req.raw.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > most) throw tooLarge(most)
    yield chunk
  }
}

function checkType(c: Context, wanted: RegExp, name: string): void {
  // Hono's way: Node says nothing of a second one, which is refused.
  const given = c.req.header('content-type') ?? ''
  if (given === name) return
  const [type = '', ...parameters] = given.toLowerCase().split(';')
  const charset = parameters.map(part => /^\s*charset="?([^"\s]*)/.exec(part)?.[1]).find(Boolean)
  if (!wanted.test(type.trim()) || (charset && charset !== 'utf-8' && charset !== 'utf8'))
    throw new ApiError('unsupported_media_type', `Send the body as ${name} in UTF-8.`)
}

function checkEncoding(c: Context): void {
  const encoding = headerOf(c, 'content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new ApiError('unsupported_media_type', 'Send the body without a Content-Encoding.')
}

function tooLarge(most: number): ApiError {
  return new ApiError('body_too_large', `The body may have ${most / 1024} kB at most.`)
}

/** A value as its schema reads it. Throws ApiError `invalid_request` that names every wrong field. */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.slice(0, 20).flatMap(issue => {
    const path = issue.path.map(String).join('.').slice(0, 200)
    if (issue.code === 'invalid_type' && !issue.message.startsWith('must'))
      return [
        {
          path,
          message: missing(value, issue.path)
            ? 'is required'
            : `must be ${kinds[issue.expected] ?? issue.expected}`,
        },
      ]
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    const at = path === '' ? '' : `${path}.`
    return issue.keys
      .slice(0, 20)
      .map(key => ({ path: at + key.slice(0, 200), message: 'is not known here' }))
  })
  const [first] = errors
  const detail = first ? `${first.path || 'body'}: ${first.message}` : 'The request holds something wrong.'
  throw new ApiError('invalid_request', detail, { errors })
}

/** What JSON calls a kind of value, in words. */
const kinds: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
}

function missing(value: unknown, path: PropertyKey[]): boolean {
  let at = value
  for (const key of path) at = (at as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return at === undefined
}
