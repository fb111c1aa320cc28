import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { bodyFormat } from './input.ts'
import { type Format, formatNamed, type Target } from './path.ts'

/** A ServiceStack ResponseStatus. It has a StackTrace too, which is never filled here. */
export interface ResponseStatus {
  ErrorCode: string
  Message: string
  Errors: { ErrorCode: string; FieldName: string; Message: string }[]
}

export interface Failure {
  responseStatus: ResponseStatus
  status: ContentfulStatusCode
  headers: Record<string, string>
}

const types = 'http://schemas.servicestack.net/types'
const model = 'http://schemas.datacontract.org/2004/07/Eros.Subtle.Canvara.WebAPIModel.ServiceModel'
const instance = 'http://www.w3.org/2001/XMLSchema-instance'

/** Writes an answer in the format that was asked for: the failure, or the DTO's response. */
export function answer(c: Context, target: Target, failure?: Failure): Response {
  const { responseStatus, status = 200, headers } = failure ?? {}
  return formatOf(c, target) === 'xml'
    ? c.body(writeXml(target, responseStatus), status, { ...headers, 'Content-Type': 'application/xml' })
    : c.body(JSON.stringify(responseStatus ? { ResponseStatus: responseStatus } : {}), status, {
        ...headers,
        'Content-Type': 'application/json; charset=utf-8',
      })
}

/** Suffix, then `?format=`, then what a reply path is for, then Accept, then the request's own Content-Type. */
function formatOf(c: Context, { suffix, reply }: Target): Format {
  const query = [...new URL(c.req.url).searchParams].find(([name]) => name.toLowerCase() === 'format')
  const named = suffix ?? (query && formatNamed(query[1])) ?? reply
  return named ?? accepted(c.req.header('accept') ?? '') ?? bodyFormat(c) ?? 'json'
}

/** The best of what Accept names, if it is one of ours; a range of any type leaves the choice open. */
function accepted(header: string): Format | undefined {
  const ranges = header.toLowerCase().split(',').map(readRange)
  const known = ranges.filter(({ format, quality }) => format !== undefined && quality > 0)
  const [best] = known.sort((a, b) => b.quality - a.quality)
  return best?.format === 'any' ? undefined : best?.format
}

function readRange(text: string): { format: Format | 'any' | undefined; quality: number } {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim())
  const quality = parameters.find(part => part.startsWith('q='))?.slice(2)
  const [, name] = /^(?:application|text|\*)\/(json|xml|\*)$/.exec(type) ?? []
  return {
    format: name === '*' ? 'any' : name === undefined ? undefined : formatNamed(name),
    quality: quality === undefined ? 1 : Number(quality) || 0,
  }
}

/**
 * As .NET's DataContractSerializer writes it. Its reader wants the members in this order and in these namespaces, and
 * passes over without a word what stands elsewhere.
 */
function writeXml({ dto }: Target, status: ResponseStatus | undefined): string {
  const head = '<?xml version="1.0" encoding="utf-8"?>'
  if (!dto) {
    const inner = status ? members(status, '') : ''
    return `${head}<ErrorResponse xmlns:i="${instance}" xmlns="${types}"><ResponseStatus>${inner}</ResponseStatus></ErrorResponse>`
  }
  const inner = status
    ? `<ResponseStatus xmlns:d2p1="${types}">${members(status, 'd2p1:')}</ResponseStatus>`
    : `<ResponseStatus xmlns:d2p1="${types}" i:nil="true" />`
  return `${head}<${dto}Response xmlns:i="${instance}" xmlns="${model}">${inner}</${dto}Response>`
}

function members({ ErrorCode, Message, Errors }: ResponseStatus, prefix: string): string {
  const text = (name: string, value: string) => `<${prefix}${name}>${escapeXml(value)}</${prefix}${name}>`
  const nil = (name: string) => `<${prefix}${name} i:nil="true" />`
  const errors = Errors.map(({ ErrorCode, FieldName, Message }) => {
    const inner = text('ErrorCode', ErrorCode) + text('FieldName', FieldName) + text('Message', Message)
    return `<${prefix}ResponseError>${inner}${nil('Meta')}</${prefix}ResponseError>`
  }).join('')
  const list = `<${prefix}Errors>${errors}</${prefix}Errors>`
  return text('ErrorCode', ErrorCode) + text('Message', Message) + nil('StackTrace') + list + nil('Meta')
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, '\uFFFD')
    .replace(/[&<>"']/g, character => escapes[character] ?? '')
}
