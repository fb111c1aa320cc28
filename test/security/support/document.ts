import type { Call, Json } from '../../support/sparekey.ts'

export interface Operation {
  id: string
  method: string
  /** With its parameters in braces. */
  path: string
  parameters: { name: string; in: string; required?: boolean; schema: Json }[]
  body?: { type: string; schema: Json } | undefined
  /** Kinds of key that open it, as the document calls them; empty: nobody needs one. */
  keys: string[]
  responses: Record<string, { content?: Record<string, { schema?: Json }> }>
}

/** Every operation of `/openapi.json`, and the document itself. */
export async function readDocument(call: Call): Promise<{ document: Json; operations: Operation[] }> {
  const { body: document } = await call('GET', '/openapi.json')
  const operations = Object.entries<Record<string, Json>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Operation => {
      const [type, media] = Object.entries<Json>(operation.requestBody?.content ?? {})[0] ?? []
      return {
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        parameters: operation.parameters ?? [],
        body: type === undefined ? undefined : { type, schema: media.schema },
        keys: (operation.security ?? []).flatMap((need: object) => Object.keys(need)),
        responses: operation.responses,
      }
    }),
  )
  return { document, operations }
}
