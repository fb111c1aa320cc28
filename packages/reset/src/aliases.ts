/** Names that dialects know applications by: each leads to one application, and none is another's slug. */
import type { Executor } from '@sparekey/db/db'
import { applicationAliases, applications } from '@sparekey/db/schema/applications'
import { and, eq, inArray, ne } from 'drizzle-orm'
import { invalid } from './errors.ts'
import { loginKey } from './login.ts'

/** Sets an application's aliases. To be called inside a transaction. Throws ResetError `invalid_request` for a taken one. */
export async function setAliases(tx: Executor, applicationId: string, aliases: string[]): Promise<void> {
  await tx.delete(applicationAliases).where(eq(applicationAliases.applicationId, applicationId))
  const wanted = [...new Set(aliases.map(aliasKey))].map(alias => ({ alias, applicationId }))
  if (wanted.length === 0) return
  const made = await tx.insert(applicationAliases).values(wanted).onConflictDoNothing().returning()
  const taken = wanted.find(({ alias }) => !made.some(row => row.alias === alias))
  if (taken) throw invalid('aliases', `${taken.alias} is taken by another application`)
  const names = wanted.map(({ alias }) => alias)
  const [slug] = await tx
    .select({ slug: applications.slug })
    .from(applications)
    .where(and(inArray(applications.slug, names), ne(applications.id, applicationId)))
  if (slug) throw invalid('aliases', `${slug.slug} is the slug of another application`)
}

/** Whether a slug is another application's alias: dialects would then lead to the wrong one. */
export async function isAlias(tx: Executor, slug: string, applicationId: string): Promise<boolean> {
  const [found] = await tx
    .select({ alias: applicationAliases.alias })
    .from(applicationAliases)
    .where(and(eq(applicationAliases.alias, slug), ne(applicationAliases.applicationId, applicationId)))
  return found !== undefined
}

/** An alias as it is compared: ASCII lower case, and a GUID of any of .NET's forms as the one with hyphens. */
export function aliasKey(text: string): string {
  const key = loginKey(text)
  const hex = /^[{(]?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})[)}]?$/.exec(
    key,
  )
  return hex ? hex.slice(1).join('-') : key
}
