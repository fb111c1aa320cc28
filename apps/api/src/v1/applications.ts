import { z } from '@hono/zod-openapi'
import {
  createApplication,
  getApplication,
  listApplications,
  updateApplication,
} from '@sparekey/reset/applications'
import { closeApplication, deleteApplication } from '@sparekey/reset/delete-application'
import { rotateDirectorySecret } from '@sparekey/reset/directory/settings'
import { type Api, addEndpoint } from '../endpoint.ts'
import {
  applicationBody,
  applicationListSchema,
  applicationPatch,
  applicationSchema,
  createdApplicationSchema,
  directorySecretSchema,
  toApplication,
} from './application-schemas.ts'
import type { V1Deps } from './deps.ts'
import { idParams, pageQuery, toList } from './schemas.ts'

/** `/v1/applications`: the operator's own calls. */
export function addApplications(api: Api, deps: V1Deps): void {
  const { core, forgetKeys } = deps
  const common = { tag: 'Applications', key: 'admin' as const }
  const one = { ...common, path: '/v1/applications/{id}', params: idParams('app') }

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'post',
      path: '/v1/applications',
      id: 'createApplication',
      audit: 'application.create',
      summary: 'Make an application and its first two keys',
      body: applicationBody,
      answer: {
        status: 201,
        description: 'The application; its keys are shown this once',
        schema: createdApplicationSchema,
        headers: { Location: 'Where it can be read' },
      },
    },
    async ({ c, body }) => {
      const { application, ...shown } = await createApplication(core, body)
      c.set('target', application.id)
      const location = `/v1/applications/${application.id}`
      return c.json({ ...toApplication(application), ...shown }, 201, { Location: location })
    },
  )

  addEndpoint(
    api,
    deps,
    {
      ...common,
      method: 'get',
      path: '/v1/applications',
      id: 'listApplications',
      summary: 'List applications, newest first',
      query: pageQuery,
      answer: { status: 200, description: 'A page of applications', schema: applicationListSchema },
    },
    async ({ c, query }) => c.json(toList(await listApplications(core, query), toApplication)),
  )

  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'get',
      id: 'getApplication',
      summary: 'Read an application',
      answer: { status: 200, description: 'The application', schema: applicationSchema },
    },
    async ({ c, params }) => c.json(toApplication(await getApplication(core, params.id))),
  )

  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'patch',
      id: 'updateApplication',
      audit: 'application.update',
      summary: 'Change an application',
      description: '`brand` and `limits` are merged with what is there; null takes an optional value away.',
      body: applicationPatch,
      answer: { status: 200, description: 'The application', schema: applicationSchema },
    },
    async ({ c, params, body }) => {
      const changed = await updateApplication(core, params.id, body)
      forgetKeys()
      return c.json(toApplication(changed))
    },
  )

  addEndpoint(
    api,
    deps,
    {
      ...one,
      path: `${one.path}/directory-secret`,
      method: 'post',
      id: 'rotateDirectorySecret',
      audit: 'application.rotate_directory_secret',
      summary: 'Make a new secret for the `http` directory',
      description: 'The old one signs beside it for 24 hours. Needs a `directoryUrl`.',
      answer: {
        status: 200,
        description: 'Shown this once',
        schema: z.object({ secret: directorySecretSchema }),
      },
    },
    async ({ c, params }) => c.json(await rotateDirectorySecret(core, params.id)),
  )

  addEndpoint(
    api,
    deps,
    {
      ...one,
      method: 'delete',
      id: 'deleteApplication',
      audit: 'application.delete',
      summary: 'Delete an application with all that belongs to it',
      answer: { status: 204, description: 'It is gone' },
    },
    async ({ c, params }) => {
      await closeApplication(core, params.id)
      // Whatever comes of the rest.
      c.set('changed', true)
      forgetKeys()
      await deleteApplication(core, params.id)
      return c.body(null, 204)
    },
  )
}
