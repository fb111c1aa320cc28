import { dialects } from './dialects/dialects.ts'
import type { Api } from './endpoint.ts'

const bearer = (description: string) => ({ type: 'http' as const, scheme: 'bearer', description })

/** `/openapi.json`: OpenAPI 3.1, made once from the schemas that the calls are checked with. */
export function addDocument(api: Api): void {
  for (const [name, description] of Object.entries({
    secretKey: '`sk_…`: everything of one application. For servers; refused from browsers.',
    publishableKey: '`pk_…`: may post reset requests, peek, exchange and complete, from `redirectOrigins`.',
    adminKey: "The operator's own key, SPAREKEY_ADMIN_KEY.",
  }))
    api.openAPIRegistry.registerComponent('securitySchemes', name, bearer(description))
  api.openAPIRegistry.registerComponent('securitySchemes', 'operatorSession', {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-sparekey',
    description: 'Set by `POST /v1/session`; without its prefix on plain http',
  })
  let text: string | undefined
  api.get('/openapi.json', c => {
    text ??= JSON.stringify(makeDocument(api))
    return c.body(text, 200, {
      'Content-Type': 'application/json',
      'Cache-Control': 'public, max-age=300',
      'X-Content-Type-Options': 'nosniff',
    })
  })
}

function makeDocument(api: Api) {
  return api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Sparekey',
      version: '1',
      description:
        'Password resets beside the product you have. Errors are problem+json (RFC 9457) with a closed `code`; times are ISO 8601 UTC; lists are `{items, nextCursor}`.',
      license: { name: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [
      ...[
        'Reset requests',
        'Tokens and passwords',
        'Accounts',
        'Applications',
        'Webhooks',
        'Operation',
        'Health',
      ].map(name => ({
        name,
      })),
      ...dialects.map(({ name, about }) => ({ name, description: about })),
    ],
  })
}
