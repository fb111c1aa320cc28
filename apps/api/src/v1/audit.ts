import { z } from '@hono/zod-openapi'
import { listAudit } from '@sparekey/reset/audit'
import { type Api, addEndpoint } from '../endpoint.ts'
import type { V1Deps } from './deps.ts'
import { idSchema, listSchema, pageQuery, present, timeSchema, toList } from './schemas.ts'

const entrySchema = z
  .object({
    id: z.int(),
    at: timeSchema,
    actor: z.string().openapi({ description: '`operator`, `cli` for the command line, or the id of a key' }),
    applicationId: z.string().optional(),
    action: z.string().openapi({ example: 'application.update' }),
    target: z.string().optional(),
    fields: z.array(z.string()).openapi({ description: 'Names of what was changed, never values' }),
    ip: z.string().optional(),
    requestId: z.string().optional(),
  })
  .openapi('AuditEntry')

/** `/v1/audit`: what operators and keys changed. */
export function addAudit(api: Api, deps: V1Deps): void {
  addEndpoint(
    api,
    deps,
    {
      method: 'get',
      path: '/v1/audit',
      id: 'listAudit',
      tag: 'Operation',
      summary: 'What operators and keys changed, newest first',
      description: 'Entries are only ever added.',
      key: 'admin',
      query: pageQuery.extend({ applicationId: idSchema('app').optional() }),
      answer: { status: 200, description: 'A page of entries', schema: listSchema(entrySchema) },
    },
    async ({ c, query }) => c.json(toList(await listAudit(deps.core, query), present)),
  )
}
