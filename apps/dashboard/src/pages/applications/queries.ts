import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query'
import { answer, api } from '../../api/client.ts'
import type { Application, ApplicationPatch, Key } from '../../api/types.ts'

const pageSize = 100

/** Every item of a list, page after page: for lists that are short, and shown whole. */
async function everyPage<T>(
  readPage: (query: { limit: number; cursor?: string }) => Promise<{ items: T[]; nextCursor: string | null }>,
): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page = await readPage({ limit: pageSize, ...(cursor ? { cursor } : {}) })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor)
  return items
}

/** All applications: there are few, and menus need them all. */
const allApplications = (): Promise<Application[]> =>
  everyPage(query => answer(api.GET('/v1/applications', { params: { query } })))

export const useApplications = () =>
  useQuery({ queryKey: ['applications'], queryFn: allApplications, staleTime: 60_000 })

export const applicationQuery = (id: string) =>
  queryOptions({
    queryKey: ['application', id],
    queryFn: () => answer(api.GET('/v1/applications/{id}', { params: { path: { id } } })),
  })

export const keysQuery = (id: string) =>
  queryOptions({
    queryKey: ['keys', id],
    queryFn: (): Promise<Key[]> =>
      everyPage(query => answer(api.GET('/v1/applications/{id}/keys', { params: { path: { id }, query } }))),
  })

/** Makes a new secret for the application's own directory; its text is to be had this once. */
export async function makeDirectorySecret(id: string): Promise<string> {
  const params = { path: { id } }
  return (await answer(api.POST('/v1/applications/{id}/directory-secret', { params }))).secret
}

export async function patchApplication(client: QueryClient, id: string, body: ApplicationPatch) {
  const application = await answer(api.PATCH('/v1/applications/{id}', { params: { path: { id } }, body }))
  client.setQueryData(applicationQuery(id).queryKey, application)
  await client.invalidateQueries({ queryKey: ['applications'] })
  // Its brand is in every mail.
  await client.invalidateQueries({ queryKey: ['preview', id] })
  return application
}
