import type { RouteConfig, z } from '@hono/zod-openapi'
import type { Dialect } from '@sparekey/db/types'
import type { Context } from 'hono'
import type { Api, Env } from '../endpoint.ts'

/** One call of a vendor's API, as its document has it. */
export interface CallSpec {
  methods: readonly ('get' | 'post' | 'put' | 'patch' | 'delete')[]
  /** As OpenAPI writes it, after the dialect's prefix. */
  path: string
  /** Where it is served, if not there: Hono's fast router cannot tell a name from a parameter in its place. */
  servedAt?: string
  /** Unique within the dialect. */
  id: string
  summary: string
  description?: string
  /** Names of security schemes. */
  security?: readonly string[]
  params?: z.ZodObject
  query?: z.ZodObject
  headers?: z.ZodObject
  body?: z.ZodType
  /** Content types of the body; JSON unless told. */
  bodyTypes?: readonly string[]
  /** By status: what it means, and the body where there is one. */
  answers: Record<number, { description: string; schema?: z.ZodType; types?: readonly string[] }>
}

/** Puts a call into a dialect's app and, under the dialect's tag, into the OpenAPI document. */
export function addCall(
  app: Api,
  dialect: Dialect,
  spec: CallSpec,
  handle: (c: Context<Env>) => Response | Promise<Response>,
): void {
  const { methods, params, query, headers, body, bodyTypes = ['application/json'] } = spec
  for (const method of methods) {
    app.openAPIRegistry.registerPath({
      method,
      path: spec.path,
      operationId: `${dialect}_${spec.id}${methods.length > 1 ? `_${method}` : ''}`,
      tags: [dialect],
      summary: spec.summary,
      ...(spec.description ? { description: spec.description } : {}),
      security: (spec.security ?? []).map(scheme => ({ [scheme]: [] })),
      request: {
        ...(params ? { params } : {}),
        ...(query ? { query } : {}),
        ...(headers ? { headers } : {}),
        ...(body && method !== 'get' ? { body: { content: contentOf(body, bodyTypes) } } : {}),
      },
      responses: Object.fromEntries(
        Object.entries(spec.answers).map(([status, { description, schema, types }]) => [
          status,
          {
            description,
            ...(status === '429' || status === '503' ? { headers: retryAfter } : {}),
            ...(schema ? { content: contentOf(schema, types ?? ['application/json']) } : {}),
          },
        ]),
      ),
    } satisfies RouteConfig)
  }
  const path = spec.servedAt ?? spec.path.replaceAll(/\{(\w+)\}/g, ':$1')
  app.on(
    methods.map(method => method.toUpperCase()),
    path,
    handle,
  )
}

const retryAfter = {
  'Retry-After': {
    description: 'Seconds until another try makes sense',
    schema: { type: 'string' as const },
  },
}

const contentOf = (schema: z.ZodType, types: readonly string[]) =>
  Object.fromEntries(types.map(type => [type, { schema }]))
