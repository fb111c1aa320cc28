import { z } from '@hono/zod-openapi'
import { lineSchema, passwordSchema, tokenSchema } from '../../v1/schemas.ts'

const emptyGuid = '00000000-0000-0000-0000-000000000000'
const digits = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const guid = new RegExp(`^(?:[0-9a-f]{32}|${digits}|\\{${digits}\\}|\\(${digits}\\))$`, 'i')
/** As .NET writes a `Guid`: D, N, B or P. One that is no `Guid?` is sent as the empty one where it was not set. */
const guidSchema = z
  .string()
  .regex(guid, 'must be a GUID such as 6f9619ff-8b86-d011-b42d-00c04fc964ff')
  .transform(text => {
    const bare = text.toLowerCase().replace(/[^0-9a-f]/g, '')
    const hyphened = bare.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    return hyphened === emptyGuid ? undefined : hyphened
  })
  .optional()
  .openapi({ type: 'string', format: 'uuid' })

const tenantShape = {
  ApplianceId: guidSchema,
  SubdomainName: lineSchema(200).optional().openapi({ description: "The application's slug or alias" }),
}
/** The DTO GetResetPasswordToken. */
export const requestSchema = z.object({
  UserName: lineSchema(320),
  ...tenantShape,
  SuiteId: guidSchema,
  ApplianceLoginUrl: z.string().optional().openapi({ description: 'Where the person goes after success' }),
})
/** The DTO PasswordReset. */
export const resetSchema = z
  .object({
    NewPassword: passwordSchema,
    ConfirmPassword: z.string().max(4096),
    Token: tokenSchema,
    ...tenantShape,
  })
  .refine(({ NewPassword, ConfirmPassword }) => NewPassword === ConfirmPassword, {
    path: ['ConfirmPassword'],
    message: 'must be the same as NewPassword',
  })
