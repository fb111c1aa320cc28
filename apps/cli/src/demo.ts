import type { Config } from '@sparekey/config/config'
import { createAccount } from '@sparekey/reset/accounts'
import { createApplication, findApplication, listApplications } from '@sparekey/reset/applications'
import type { Context } from '@sparekey/reset/context'
import { type DemoKeys, keepDemoKeys, readDemoKeys } from './made-keys.ts'

export const demoLogin = 'demo@example.com'

/** The demo application, as far as it is there; its keys where they are known. */
export interface Demo {
  slug: string
  keys: DemoKeys | undefined
}

/**
 * Makes the application `demo` and its account when there is no application at all, and keeps its keys in the data
 * folder. Of several processes that start at once, one makes it. Undefined: there is no such application.
 */
export async function openDemo(context: Context, { dataDir }: Config): Promise<Demo | undefined> {
  const found = await findApplication(context, { slug: 'demo' })
  if (found) return { slug: found.slug, keys: await readDemoKeys(dataDir, found.id) }
  if ((await listApplications(context, { limit: 1 })).items.length > 0) return undefined
  try {
    const { application, keys } = await createApplication(context, { name: 'Demo', slug: 'demo' })
    await createAccount(context, application, { login: demoLogin, email: demoLogin, name: 'Demo' })
    const made = { applicationId: application.id, ...keys }
    // With every key given, the folder may be read-only: the demo is then shown this once.
    await keepDemoKeys(dataDir, made).catch(() => undefined)
    return { slug: application.slug, keys: made }
  } catch (error) {
    const other = await findApplication(context, { slug: 'demo' })
    if (!other) throw error
    return { slug: other.slug, keys: await readDemoKeys(dataDir, other.id) }
  }
}
