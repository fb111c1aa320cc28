import { randomBytes } from 'node:crypto'
import type { Executor } from '@sparekey/db/db'
import { makeId } from '@sparekey/db/id'
import { applicationAliases, applications } from '@sparekey/db/schema/applications'
import type { Brand, Dialect, Directory, Limits, NileSettings } from '@sparekey/db/types'
import { isTaken } from '@sparekey/db/unique'
import { desc, eq, getTableColumns, inArray, lt, or, sql } from 'drizzle-orm'
import { aliasKey, isAlias, setAliases } from './aliases.ts'
import { checkSettings } from './application-settings.ts'
import type { Context } from './context.ts'
import { saveDirectory } from './directory/settings.ts'
import { invalid, notFound } from './errors.ts'
import { type HumanProofInput, sealHumanProof } from './human-proof/settings.ts'
import { insertKey, type NewKey } from './new-key.ts'
import { decodeCursor, type Page, type PageQuery, toPage } from './page.ts'

/** A product whose people reset passwords here, with the names that dialects know it by. */
export type Application = typeof applications.$inferSelect & { aliases: string[] }

/** What an application has where nothing else was asked for. */
export const applicationDefaults = {
  brand: { color: '#2563eb' } as Brand,
  locale: 'en',
  redirectOrigins: [] as string[],
  dialects: ['akinon', 'payabli', 'nile', 'platform', 'autoshares'] as Dialect[],
  directory: 'builtin' as Directory,
  linkMinutes: 30,
  codeMinutes: 10,
  codeDigits: null as number | null,
  deliverWithinMinutes: 15,
  minPasswordLength: 15,
  limits: {
    perRecipientHour: 5,
    perRecipientDay: 10,
    perAddressMinute: 60,
    perKeyMinute: 6000,
    wrongCodesHour: 30,
    wrongCodesDay: 200,
    wrongExchangesHour: 1000,
    wrongExchangesDay: 5000,
    suspectRequestsMinute: 100,
  } as Limits,
  nile: {} as NileSettings,
}

/** What may be set; null takes an optional value away. `brand` and `limits` are merged with what is there. */
export interface ApplicationPatch {
  name?: string | undefined
  slug?: string | undefined
  brand?: { [K in keyof Brand]?: Brand[K] | null | undefined } | undefined
  from?: string | null | undefined
  replyTo?: string | null | undefined
  locale?: string | undefined
  redirectOrigins?: string[] | undefined
  resetUrl?: string | null | undefined
  aliases?: string[] | undefined
  dialects?: Dialect[] | undefined
  directory?: Directory | undefined
  directoryUrl?: string | null | undefined
  linkMinutes?: number | undefined
  codeMinutes?: number | undefined
  codeDigits?: number | null | undefined
  deliverWithinMinutes?: number | undefined
  minPasswordLength?: number | undefined
  limits?: Partial<Limits> | undefined
  humanProof?: HumanProofInput | null | undefined
  nile?: NileSettings | undefined
}

export type ApplicationInput = ApplicationPatch & { name: string }

/** The columns of an Application for a select in which `applications` has its own name, aliases among them. */
export function applicationColumns() {
  return {
    ...getTableColumns(applications),
    // Raw, since drizzle leaves the table's name out where a select has no join.
    aliases: sql<string[]>`array(
      select a.alias from application_aliases a where a.application_id = "applications"."id" order by a.alias
    )`,
  }
}

/**
 * Makes an application and its first two keys, whose texts are returned here and never again. A slug that is not
 * given is made from the name. The secret of an `http` directory is returned here, too. Throws ResetError `invalid_request`: a value without sense, a slug or alias that is taken.
 */
export async function createApplication(
  context: Pick<Context, 'db' | 'secrets'>,
  input: ApplicationInput,
): Promise<{
  application: Application
  keys: { secret: string; publishable: string }
  directorySecret?: string
}> {
  checkSettings(input)
  const { aliases = [], slug, brand, limits, humanProof, name, ...given } = input
  const row = {
    ...applicationDefaults,
    ...defined(given),
    id: makeId('app'),
    name,
    brand: mergeBrand(applicationDefaults.brand, brand),
    limits: { ...applicationDefaults.limits, ...defined(limits ?? {}) },
    humanProof: humanProof ? sealHumanProof(context, humanProof) : null,
  }
  return await context.db.transaction(async tx => {
    const insert = async (text: string) => {
      if (await isAlias(tx, text, row.id)) return undefined
      const values = { ...row, slug: text }
      const target = { target: applications.slug }
      return (await tx.insert(applications).values(values).onConflictDoNothing(target).returning())[0]
    }
    let stored = await insert(slug ?? slugOf(name))
    for (let i = 0; !stored && slug === undefined && i < 5; i++) {
      stored = await insert(`${slugOf(name).slice(0, 55)}-${randomBytes(3).toString('hex')}`)
    }
    if (!stored) throw slugTaken()
    await setAliases(tx, row.id, aliases)
    const directorySecret = await saveDirectory(context, tx, stored)
    const secret: NewKey = await insertKey(tx, row.id, 'secret')
    const publishable: NewKey = await insertKey(tx, row.id, 'publishable')
    const application = { ...stored, aliases: [...new Set(aliases.map(aliasKey))].sort() }
    const keys = { secret: secret.key, publishable: publishable.key }
    return { application, keys, ...(directorySecret === undefined ? {} : { directorySecret }) }
  })
}

/** The application with this id or slug, its aliases read in the same query. */
export async function findApplication(
  { db }: { db: Executor },
  by: { id: string } | { slug: string },
): Promise<Application | undefined> {
  const which = 'id' in by ? eq(applications.id, by.id) : eq(applications.slug, by.slug)
  const [found] = await db.select(applicationColumns()).from(applications).where(which)
  return found
}

/** The application that goes by this name: its id, else its slug, else an alias. ASCII case does not count. */
export async function findTenant({ db }: { db: Executor }, name: string): Promise<Application | undefined> {
  const key = aliasKey(name)
  const aliased = db
    .select({ id: applicationAliases.applicationId })
    .from(applicationAliases)
    .where(eq(applicationAliases.alias, key))
  const [found] = await db
    .select(applicationColumns())
    .from(applications)
    .where(or(eq(applications.id, key), eq(applications.slug, key), inArray(applications.id, aliased)))
    // An alias must not take what is somebody's slug.
    .orderBy(desc(eq(applications.id, key)), desc(eq(applications.slug, key)))
    .limit(1)
  return found
}

/** The application. Throws ResetError `not_found`. */
export async function getApplication(context: { db: Executor }, id: string): Promise<Application> {
  const found = await findApplication(context, { id })
  if (!found) throw notFound('application')
  return found
}

/** All applications, newest first. Throws ResetError `invalid_request` for a cursor that is none. */
export async function listApplications(
  { db }: Pick<Context, 'db'>,
  { cursor, limit }: PageQuery,
): Promise<Page<Application>> {
  const rows = await db
    .select(applicationColumns())
    .from(applications)
    .where(cursor === undefined ? undefined : lt(applications.id, decodeCursor('app', cursor)))
    .orderBy(desc(applications.id))
    .limit(limit + 1)
  return toPage(rows, limit)
}

/** Changes what the patch names. Throws ResetError `not_found`, and `invalid_request` as createApplication does. */
export async function updateApplication(
  context: Pick<Context, 'db' | 'secrets'>,
  id: string,
  patch: ApplicationPatch,
): Promise<Application> {
  checkSettings(patch)
  const { aliases, slug, brand, limits, humanProof, ...given } = patch
  return await context.db.transaction(async tx => {
    const [before] = await tx.select().from(applications).where(eq(applications.id, id)).for('update')
    if (!before) throw notFound('application')
    const changed = {
      ...defined(given),
      slug: slug ?? before.slug,
      brand: mergeBrand(before.brand, brand),
      limits: { ...before.limits, ...defined(limits ?? {}) },
      ...(humanProof === undefined
        ? {}
        : { humanProof: humanProof && sealHumanProof(context, humanProof, before.humanProof) }),
    }
    if (slug !== undefined && (await isAlias(tx, slug, id))) throw slugTaken()
    try {
      await tx.update(applications).set(changed).where(eq(applications.id, id))
    } catch (error) {
      throw isTaken(error, 'applications_slug') ? slugTaken() : error
    }
    if (aliases !== undefined) await setAliases(tx, id, aliases)
    const after = await getApplication({ db: tx }, id)
    await saveDirectory(context, tx, after)
    return after
  })
}

/** Adds a name that dialects find the application by. Throws ResetError `not_found`, `invalid_request`. */
export async function addAlias({ db }: Pick<Context, 'db'>, id: string, alias: string): Promise<Application> {
  return await db.transaction(async tx => {
    await tx.select({ id: applications.id }).from(applications).where(eq(applications.id, id)).for('update')
    const { aliases } = await getApplication({ db: tx }, id)
    checkSettings({ aliases: [alias] })
    await setAliases(tx, id, [...aliases, alias])
    return await getApplication({ db: tx }, id)
  })
}

const slugTaken = () => invalid('slug', 'is taken by another application')

function slugOf(name: string): string {
  const ascii = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const slug = ascii.replace(/[^a-z0-9]+/g, '-').slice(0, 60)
  return slug.replace(/^-+|-+$/g, '') || 'app'
}

function mergeBrand(before: Brand, patch: ApplicationPatch['brand'] = {}): Brand {
  const merged = Object.entries({ ...before, ...defined(patch) }).filter(([, value]) => value !== null)
  return { color: applicationDefaults.brand.color, ...Object.fromEntries(merged) } as Brand
}

/** A key that is there but undefined would overwrite a default. */
function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}
