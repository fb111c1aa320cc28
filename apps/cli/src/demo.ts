import type { Config } from '@sparekey/config/config'
import { createAccount, listAccounts } from '@sparekey/reset/accounts'
import {
  type Application,
  createApplication,
  findApplication,
  listApplications,
} from '@sparekey/reset/applications'
import type { Context } from '@sparekey/reset/context'
import { ResetError } from '@sparekey/reset/errors'
import { createKey } from '@sparekey/reset/keys'
import { type DemoKeys, keepDemoKeys, readDemoKeys } from './made-keys.ts'

export const demoLogin = 'demo@example.com'
const demo = { name: 'Demo', slug: 'demo' }

/** The demo application, as far as it is there; its keys where they are known. */
export interface Demo {
  slug: string
  keys: DemoKeys | undefined
}

/**
 * Makes the application `demo` and its account when there is no application at all, and keeps its keys in the data
 * folder; finishes what a start that was killed left half made. Undefined: there is no such application.
 */
export async function openDemo(context: Context, config: Config): Promise<Demo | undefined> {
  const found = await findApplication(context, { slug: demo.slug })
  if (found) return await finish(context, config, found)
  if ((await listApplications(context, { limit: 1 })).items.length > 0) return undefined
  const made = await createApplication(context, demo).catch(async error => {
    // Of several processes that start at once, one makes it.
    const application = await findApplication(context, { slug: demo.slug })
    if (!application) throw error
    return { application, keys: undefined }
  })
  return await finish(context, config, made.application, made.keys)
}

/**
 * The account is made last, when the keys are kept. So a demo without an account was left half made, and nobody may
 * know its keys: it gets new ones. An embedded database's demo gets new ones also when the file with them was lost,
 * as long as it holds nobody's account but its own.
 */
async function finish(
  context: Context,
  { dataDir, databaseUrl }: Config,
  application: Application,
  made?: Omit<DemoKeys, 'applicationId'>,
): Promise<Demo> {
  const { id, name, slug, directory } = application
  const { items: accounts } = await listAccounts(context, application, { limit: 2 })
  const ours = name === demo.name && directory === 'builtin'
  const halfMade = ours && accounts.length === 0
  const mayGetKeys = halfMade || (ours && !databaseUrl && accounts.every(({ login }) => login === demoLogin))

  let keys = made ? undefined : await readDemoKeys(dataDir, id)
  if (!keys && (made || mayGetKeys)) {
    keys = { applicationId: id, ...(made ?? (await makeKeys(context, id))) }
    // With every key given, the folder may be read-only: the demo is then shown this once.
    await keepDemoKeys(dataDir, keys).catch(() => undefined)
  }
  if (halfMade) await makeAccount(context, application)
  return { slug, keys }
}

async function makeKeys(context: Context, applicationId: string): Promise<Omit<DemoKeys, 'applicationId'>> {
  const secret = await createKey(context, applicationId, 'secret')
  const publishable = await createKey(context, applicationId, 'publishable')
  return { secret: secret.key, publishable: publishable.key }
}

async function makeAccount(context: Context, application: Application): Promise<void> {
  try {
    await createAccount(context, application, { login: demoLogin, email: demoLogin, name: demo.name })
  } catch (error) {
    // Another start was faster.
    if (!(error instanceof ResetError && error.code === 'invalid_request')) throw error
  }
}
