import type { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { parseInput, readText } from '../../body.ts'
import { parseJson } from '../../json.ts'
import { ApiError } from '../../problem.ts'
import type { DtoName, Format, Target } from './path.ts'
import { readXml } from './xml.ts'

type Members = Iterable<[name: string, value: unknown]>

/**
 * A DTO out of path, query and body, in whichever its members are. Names are compared without case, unknown ones are
 * passed over, and null and the empty text mean that nothing is there. A member that comes twice must be the same.
 * Throws ApiError `invalid_request`, `malformed_json`, `unsupported_media_type`, `body_too_large`.
 */
export async function readDto<S extends z.ZodObject>(
  c: Context,
  schema: S,
  target: Target & { dto: DtoName },
): Promise<z.output<S>> {
  const found = new Map<string, string>()
  const take = (members: Members) => {
    for (const [name, value] of members) {
      const field = Object.keys(schema.shape).find(key => key.toLowerCase() === name.toLowerCase())
      if (!field || value === undefined || value === null || value === '') continue
      if (typeof value !== 'string') throw wrong([field], 'must be text')
      if (found.has(field) && found.get(field) !== value) throw wrong([field], 'is there twice and differs')
      found.set(field, value)
    }
  }
  if (target.userName !== undefined) take([['UserName', decodePath(target.userName)]])
  take(new URL(c.req.url).searchParams)
  take(await readBody(c, target))

  const missing = Object.entries(schema.shape)
    .filter(([field, { safeParse }]) => !found.has(field) && !safeParse(undefined).success)
    .map(([field]) => field)
  if (missing.length > 0) throw wrong(missing, 'is required')
  return parseInput(schema, Object.fromEntries(found))
}

/** The format of the body, as far as its Content-Type says one. */
export function bodyFormat(c: Context): Format | undefined {
  const { type } = contentType(c)
  if (/^(application|text)\/json$/.test(type)) return 'json'
  return /^(application|text)\/xml$/.test(type) ? 'xml' : undefined
}

async function readBody(c: Context, { dto, reply }: Target & { dto: DtoName }): Promise<Members> {
  if (c.req.method === 'GET') return []
  const text = await readText(c)
  if (text.trim() === '') return []
  const { type, charset } = contentType(c)
  const format = type === '' ? (reply ?? 'json') : bodyFormat(c)
  const isForm = type === 'application/x-www-form-urlencoded'
  if ((!format && !isForm) || !/^(utf-?8)?$/.test(charset))
    throw new ApiError(
      'unsupported_media_type',
      'Send the body as JSON, XML or a URL-encoded form, in UTF-8.',
    )
  if (isForm) return new URLSearchParams(text)
  if (format === 'xml') return readXml(text, dto)
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ApiError('malformed_json', 'The body must be a JSON object.')
  return Object.entries(value)
}

function contentType(c: Context): { type: string; charset: string } {
  const [type = '', ...parameters] = (c.req.header('content-type') ?? '').toLowerCase().split(';')
  const charset = parameters.map(part => /^\s*charset="?([^"\s]*)/.exec(part)?.[1]).find(Boolean)
  return { type: type.trim(), charset: charset ?? '' }
}

function decodePath(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw wrong(['UserName'], 'is not well encoded in the path')
  }
}

function wrong(fields: string[], message: string): ApiError {
  const errors = fields.map(path => ({ path, message }))
  return new ApiError('invalid_request', `${fields[0]}: ${message}`, { errors })
}
