import { applications } from '@sparekey/db/schema/applications'
import type { Renderer } from '@sparekey/mail/render'
import { desc } from 'drizzle-orm'
import { applicationDefaults } from './applications.ts'
import type { Context } from './context.ts'

/** The newest applications are made ready; older ones compile at their first mail, in about 15 ms. */
const most = 100

/**
 * Compiles the mails of the default brand and of the applications there are, so that nobody's mail waits for the
 * compiler: its first import costs a few hundred milliseconds.
 */
export async function warmTemplates(
  { db }: Pick<Context, 'db'>,
  renderer: Pick<Renderer, 'warm'>,
  locales: readonly string[],
): Promise<void> {
  for (const locale of locales) await renderer.warm({ name: '', ...applicationDefaults.brand }, locale)
  const rows = await db
    .select({ brand: applications.brand })
    .from(applications)
    .orderBy(desc(applications.id))
    .limit(most)
  for (const { brand } of rows) {
    for (const locale of locales) await renderer.warm({ name: '', ...brand }, locale)
  }
}
