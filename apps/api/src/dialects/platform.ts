import type { Application } from '@sparekey/reset/applications'
import type { Context } from 'hono'
import { baseRoutePath } from 'hono/route'
import type { Api, Env } from '../endpoint.ts'
import { ApiError } from '../problem.ts'
import type { DialectCore } from './core.ts'
import { addPlatformCalls, platformVerbs } from './platform/calls.ts'
import { requestSchema, resetSchema } from './platform/dto.ts'
import { toFailure } from './platform/error.ts'
import { answer } from './platform/format.ts'
import { readDto } from './platform/input.ts'
import { type DtoName, readPath, type Target } from './platform/path.ts'

const verbs = platformVerbs.map(verb => verb.toUpperCase())
const allow = [...verbs, 'HEAD', 'OPTIONS'].join(', ')

/** The Platform API, a ServiceStack service: one DTO a call, by any verb, in JSON or XML. */
export function platform(app: Api, core: DialectCore): void {
  const targetOf = (c: Context) => readPath(new URL(c.req.url).pathname.slice(baseRoutePath(c).length))

  const services: Record<DtoName, (c: Context<Env>, target: Target & { dto: DtoName }) => Promise<void>> = {
    async GetResetPasswordToken(c, target) {
      const dto = await readDto(c, requestSchema, target)
      const application = await tenantOf(c, core, dto)
      await core.request(c, application, { login: dto.UserName, redirectUrl: dto.ApplianceLoginUrl })
    },
    async PasswordReset(c, target) {
      const dto = await readDto(c, resetSchema, target)
      const application = await tenantOf(c, core, dto)
      await core.complete(application, { token: dto.Token, password: dto.NewPassword })
    },
  }

  const serve = async (c: Context<Env>): Promise<Response> => {
    const target = targetOf(c)
    const { dto } = target
    if (!dto) throw new ApiError('not_found', 'There is nothing at this path.')
    const { method } = c.req
    if (method === 'OPTIONS') return c.body(null, 204, { Allow: allow })
    // Safe by definition (RFC 9110 section 9.2.1), which GET is not here.
    if (method !== 'HEAD') {
      if (!verbs.includes(method))
        throw new ApiError('method_not_allowed', `This path takes ${allow}.`, { headers: { Allow: allow } })
      await services[dto](c, { ...target, dto })
    }
    return answer(c, target)
  }

  app.onError((error, c) => answer(c, targetOf(c), toFailure(core.explain(error, c))))
  addPlatformCalls(app, core.name, serve)
  // Every other verb and spelling.
  app.all('*', serve)
}

async function tenantOf(
  c: Context<Env>,
  core: DialectCore,
  { SubdomainName, ApplianceId }: { SubdomainName?: string; ApplianceId?: string },
): Promise<Application> {
  const application = await core.byTenant(c, SubdomainName ?? ApplianceId)
  // Two names of two tenants leave open which is meant.
  const agree = !SubdomainName || !ApplianceId || application?.aliases.includes(ApplianceId)
  if (application && agree) return application
  if (SubdomainName || ApplianceId)
    throw new ApiError('not_found', 'There is no tenant with this SubdomainName and ApplianceId.')
  const message = 'is required, or ApplianceId'
  const errors = [{ path: 'SubdomainName', message }]
  throw new ApiError('invalid_request', `SubdomainName: ${message}`, { errors })
}
