import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import type { Dialect, Scope } from '@sparekey/db/types'
import type { Context, MiddlewareHandler } from 'hono'
import { answerPreflight, type Caller, type KeyNeed } from './auth.ts'
import { parseInput, readJson } from './body.ts'
import type { Client } from './client.ts'
import type { Limit } from './limits.ts'
import { ApiError, type ProblemCode, problems } from './problem.ts'
import { problemSchema } from './problem-schema.ts'

interface Variables {
  /** What every answer to this call says in its head, unless the answer has the same header itself; the request id, too. */
  headers: Record<string, string>
  /** The answer has them already. */
  withHeaders?: boolean
  dialect?: Dialect
  client?: Client
  /** What the call made or changed. */
  target?: string
  /** Whose that is, where neither the key nor the path says so. */
  applicationId?: string
  /** Whether the call changed something, where that does not follow from whether it went well. */
  changed?: boolean
}
export type Env = { Variables: Variables }
export type Api = OpenAPIHono<Env>

type Shape = z.ZodObject
type Schema = z.ZodType

/** One call: what it is, takes and answers. The route, its checks and its part of the OpenAPI document come of it. */
export interface EndpointSpec<P extends Shape, Q extends Shape, B extends Schema> {
  method: 'get' | 'post' | 'patch' | 'delete'
  path: string
  id: string
  tag: string
  summary: string
  description?: string
  key: KeyNeed
  /** What a narrowed secret key needs for it, all of them. */
  scopes?: readonly Scope[]
  /**
   * Changes something: what the audit log calls it. The handler may name its target by `c.set('target', id)` and whose it
   * is by `c.set('applicationId', id)`, and say by `c.set('changed', …)` that nothing was changed, or that something was
   * and stays, whatever comes of the rest.
   */
  audit?: string
  /** Browsers of other origins may call it. */
  cors?: boolean
  params?: P
  query?: Q
  body?: B
  /** A body that the handler reads by itself: its content type. */
  streamed?: string
  headers?: Shape
  answer: {
    status: number
    description: string
    schema?: Schema
    /** JSON unless told. */
    type?: string
    headers?: Record<string, string>
  }
  /** Beyond those that every call with a key, a body or parameters has. */
  errors?: ProblemCode[]
}

export interface Call<P extends Shape, Q extends Shape, B extends Schema> {
  c: Context<Env>
  caller: Caller
  params: z.output<P>
  query: z.output<Q>
  body: z.output<B>
}

export interface EndpointDeps {
  authenticate(c: Context, need: KeyNeed, scopes?: readonly Scope[]): Promise<Caller>
  /**
   * Counts a call by a limit of its own and by `limits.perKeyMinute` of an application's key; rejects with `rate_limited`.
   * Undefined where there is nothing to wait for.
   */
  countCall(caller: Caller, own: Limit | undefined): Promise<void> | undefined
  /** Writes down what was changed. */
  noteChange(c: Context<Env>, caller: Caller, change: Change): Promise<void>
}

/** A change as a call made it: by names, without values. */
export interface Change {
  action: string
  params: Record<string, unknown>
  fields: string[]
}

const empty = z.strictObject({})

/**
 * Puts a call into the app and into its document. Order: key, limits, parameters, body, handler. `ownLimit` may refuse the
 * call by itself.
 */
export function addEndpoint<
  P extends Shape = typeof empty,
  Q extends Shape = typeof empty,
  B extends Schema = z.ZodUndefined,
>(
  api: Api,
  { authenticate, countCall, noteChange }: EndpointDeps,
  spec: EndpointSpec<P, Q, B>,
  handle: (call: Call<P, Q, B>) => Promise<Response> | Response,
  ownLimit?: (c: Context<Env>, caller: Caller) => Limit | undefined,
): void {
  api.openAPIRegistry.registerPath(describe(spec))
  const path = spec.path.replaceAll(/\{(\w+)\}/g, ':$1')
  const run: MiddlewareHandler<Env> = async c => {
    c.get('headers')['Cache-Control'] = 'no-store'
    const caller = await authenticate(c, spec.key, spec.scopes)
    // Before the key's limit, which all who hold a publishable key share: what an address has too many must use up none of it.
    const counting = countCall(caller, ownLimit?.(c, caller))
    if (counting) await counting
    const params = (spec.params ? readParams(spec.params, c) : {}) as z.output<P>
    const hasQuery = spec.query || c.req.url.includes('?')
    const query = (hasQuery ? parseInput(spec.query ?? empty, readQuery(c)) : {}) as z.output<Q>
    const body = (spec.body ? parseInput(spec.body, await readJson(c)) : undefined) as z.output<B>
    let well = false
    try {
      const answer = await handle({ c, caller, params, query, body })
      well = answer.status < 400
      return answer
    } finally {
      if (spec.audit && (c.get('changed') ?? well))
        await noteChange(c, caller, { action: spec.audit, params, fields: Object.keys(body ?? {}) })
    }
  }
  api.on(spec.method.toUpperCase(), path, run)
  if (spec.cors) api.options(path, c => answerPreflight(c, spec.method.toUpperCase()))
}

/** An answer in JSON. Without a `Headers`, which costs more to make, sort and copy than the rest of the answer. */
export function answerJson(
  c: Context<Env>,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): Response {
  c.set('withHeaders', true)
  const all = c.get('headers')
  all['Content-Type'] = 'application/json'
  for (const name in headers) all[name] = headers[name] as string
  return new Response(JSON.stringify(value), { status, headers: all })
}

/** An id of a wrong form is nobody's: 404, as for any other id that is not there. */
function readParams(schema: Shape, c: Context): unknown {
  const parsed = schema.safeParse(c.req.param())
  if (!parsed.success) throw new ApiError('not_found', 'There is nothing with this id.')
  return parsed.data
}

function readQuery(c: Context): Record<string, string> {
  const query: [string, string][] = []
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (values.length > 1) {
      const errors = [{ path: name, message: 'is there twice' }]
      throw new ApiError('invalid_request', `${name}: is there twice`, { errors })
    }
    query.push([name, values[0] ?? ''])
  }
  return Object.fromEntries(query)
}

function describe(spec: EndpointSpec<Shape, Shape, Schema>): RouteConfig {
  const { params, query, body, streamed, headers, answer, scopes = [] } = spec
  const named = scopes.map(scope => `\`${scope}\``).join(' and ')
  const scoped = named && `A key with scopes needs ${named}.`
  const description = [spec.description, scoped].filter(Boolean).join(' ')
  const request = {
    ...(params ? { params } : {}),
    ...(query ? { query } : {}),
    ...(headers ? { headers } : {}),
    ...(body ? { body: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    ...(streamed ? { body: { required: true, content: { [streamed]: { schema: z.string() } } } } : {}),
  }
  return {
    method: spec.method,
    path: spec.path,
    operationId: spec.id,
    tags: [spec.tag],
    summary: spec.summary,
    ...(description ? { description } : {}),
    security: securityOf[spec.key],
    request,
    responses: {
      [answer.status]: {
        description: answer.description,
        ...(answer.headers ? { headers: headersOf(answer.headers) } : {}),
        ...(answer.schema
          ? { content: { [answer.type ?? 'application/json']: { schema: answer.schema } } }
          : {}),
      },
      ...errorsOf(spec),
    },
  }
}

function errorsOf({ key, params, body, streamed, errors = [] }: EndpointSpec<Shape, Shape, Schema>) {
  const codes = new Set<ProblemCode>(['invalid_request', ...errors, 'internal', 'unavailable'])
  if (key !== 'none')
    for (const code of ['unauthenticated', 'forbidden', 'rate_limited'] as const) codes.add(code)
  if (params) codes.add('not_found')
  if (body) codes.add('malformed_json')
  if (body || streamed) codes.add('body_too_large').add('unsupported_media_type')
  const statuses = [...new Set([...codes].map(code => problems[code].status))].sort((a, b) => a - b)
  return Object.fromEntries(
    statuses.map(status => [
      status,
      {
        description: [...codes]
          .filter(code => problems[code].status === status)
          .map(code => `\`${code}\`: ${problems[code].title}`)
          .join('. '),
        content: { 'application/problem+json': { schema: problemSchema } },
        ...(status === 429 || status === 503
          ? { headers: headersOf({ 'Retry-After': 'Seconds until another try makes sense' }) }
          : {}),
      },
    ]),
  )
}

const headersOf = (headers: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  )

const securityOf: Record<KeyNeed, Record<string, string[]>[]> = {
  secret: [{ secretKey: [] }],
  any: [{ publishableKey: [] }, { secretKey: [] }],
  optional: [{}, { publishableKey: [] }, { secretKey: [] }],
  operator: [{ secretKey: [] }, { adminKey: [] }, { operatorSession: [] }],
  admin: [{ adminKey: [] }, { operatorSession: [] }],
  none: [],
}
