import { z } from '@hono/zod-openapi'
import { problems } from './problem.ts'

/** The one schema of every error answer (RFC 9457). */
export const problemSchema = z
  .object({
    type: z.string().openapi({ description: 'A URI that names the code' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: 'What was wrong this time' }),
    code: z.enum(Object.keys(problems) as [string, ...string[]]).openapi({ description: 'A closed set' }),
    requestId: z.string().openapi({ description: 'Stands in our log as well, and in X-Request-Id' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'With `invalid_request`: every field that is wrong' }),
    reasons: z
      .array(z.enum(['too_short', 'too_long', 'too_common', 'too_guessable', 'like_login', 'breached']))
      .optional()
      .openapi({ description: 'With `password_refused`' }),
  })
  .openapi('Problem', {
    example: {
      type: 'urn:sparekey:problem:invalid_request',
      title: problems.invalid_request.title,
      status: 400,
      detail: 'login: must not be empty',
      code: 'invalid_request',
      requestId: 'call_01k9zq3n5c7m2v8d4t6wjx0rgb',
      errors: [{ path: 'login', message: 'must not be empty' }],
    },
  })
