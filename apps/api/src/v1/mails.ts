import { z } from '@hono/zod-openapi'
import { localeNames } from '@sparekey/locale/locales'
import type { Renderer } from '@sparekey/mail/render'
import { getApplication } from '@sparekey/reset/applications'
import { preview, templates } from '@sparekey/reset/compose'
import { request } from '@sparekey/reset/request'
import { type Api, addEndpoint } from '../endpoint.ts'
import { factsOf, type V1Deps } from './deps.ts'
import { previewSchema } from './operator-schemas.ts'
import { acceptedSchema } from './request-schemas.ts'
import { emailSchema, idParams } from './schemas.ts'

export interface MailDeps extends V1Deps {
  renderer: Pick<Renderer, 'render'>
  publicUrl: string
}

/** What an application's mails look like, and one of them by the real path. */
export function addMails(api: Api, deps: MailDeps): void {
  const { core, renderer, publicUrl, clientOf } = deps
  const common = { tag: 'Operation', key: 'admin' as const }
  const locale = z.enum(localeNames as [string, ...string[]])

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'get',
      path: '/v1/applications/{id}/mail-previews/{template}',
      id: 'previewMail',
      summary: 'A mail with made-up values',
      params: idParams('app').extend({
        template: z.enum(templates).openapi({ param: { name: 'template', in: 'path' } }),
      }),
      query: z.strictObject({ locale: locale.default('en') }),
      answer: { status: 200, description: 'Its parts', schema: previewSchema },
    },
    async ({ c, params, query }) => {
      const application = await getApplication(core, params.id)
      return c.json(await preview(renderer, publicUrl, application, params.template, query.locale))
    },
  )

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'post',
      path: '/v1/applications/{id}/test-mails',
      id: 'sendTestMail',
      audit: 'mail.test',
      summary: 'Send a reset mail by the real path',
      description: 'Its request is listed like any other; its link and code open nothing.',
      params: idParams('app'),
      body: z.strictObject({ to: emailSchema, locale: locale.optional() }),
      answer: { status: 202, description: 'The request that carries it', schema: acceptedSchema },
    },
    async ({ c, params, body: { to, locale } }) => {
      const application = await getApplication(core, params.id)
      const { id } = await request(core, {
        application,
        dialect: 'sparekey',
        login: to,
        locale,
        recipient: { id: `test ${to}`, email: to, ...(locale ? { locale } : {}) },
        test: true,
        client: factsOf(clientOf(c)),
      })
      return c.json({ id, status: 'accepted' }, 202)
    },
  )
}
