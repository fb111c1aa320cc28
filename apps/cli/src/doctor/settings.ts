import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '@sparekey/config/config'
import type { SecretUse } from '@sparekey/reset/secret-use'
import { codeOf } from '../failure.ts'
import { readKeptSecrets } from '../made-keys.ts'
import { type Check, type Finding, fail, known, type Looked, ok, warn } from './check.ts'

/** Checks of what the environment says, and of the keys that lie in the data folder where it leaves them out. */
export function settingsChecks(config: Config): Check[] {
  return [
    known('Configuration', ok('every variable can be read')),
    known('Public address', publicAddress(config)),
    {
      name: 'Secret',
      run: async () =>
        config.secrets
          ? ok(`SPAREKEY_SECRET is set${several(config.secrets.length)}`)
          : await madeKeys(config),
    },
    known('Admin key', adminKey(config)),
  ]
}

const several = (count: number) => (count > 1 ? `, ${count} of them` : '')

function publicAddress({ publicUrl, databaseUrl, smtpUrls }: Config): Finding {
  const { protocol, hostname } = new URL(publicUrl)
  const local =
    hostname === 'localhost' || hostname.endsWith('.localhost') || /^(127\.|\[::1\])/.test(hostname)
  const mend = 'set PUBLIC_URL to the https address that people reach'
  if (local && (databaseUrl || smtpUrls.length > 0))
    return warn(`${publicUrl}: links in mails work on this machine only`, mend)
  if (!local && protocol !== 'https:')
    return fail(`${publicUrl} is not https: whoever is on the line can read links and passwords`, mend)
  return ok(publicUrl)
}

function adminKey({ adminKey, databaseUrl, dataDir }: Config): Finding {
  if (adminKey) return ok('SPAREKEY_ADMIN_KEY is set')
  if (!databaseUrl) return ok(`made by Sparekey, in ${dataDir}`)
  return warn(
    'SPAREKEY_ADMIN_KEY is not set: each machine makes its own, and a new one when its data folder is lost',
    'set it to at least 24 characters, the same everywhere',
  )
}

/** Reads what is there; unlike a start, it makes nothing. */
async function madeKeys({ dataDir }: Config): Promise<Finding> {
  const kept = await readKeptSecrets(dataDir)
  const path = join(dataDir, 'keys.json')
  const file = await stat(path).catch(error => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (!kept || !file) return ok(`none yet: the first start makes it in ${dataDir}`)
  if (process.platform !== 'win32' && (file.mode & 0o077) !== 0)
    return warn(`${path} may be read by others on this machine`, `chmod 600 ${path}`)
  return ok(`readable in ${path}`)
}

/** Whether every key that rows need is among ours: a wrong one makes mails, but none of theirs. */
export function secretUseCheck(config: Config, looked: Looked<SecretUse>): Check {
  return {
    name: 'Secret in use',
    async run() {
      const look = await looked
      if ('broke' in look) return warn('not looked at: it needs the database, up to date')
      const ours = config.secrets ?? (await readKeptSecrets(config.dataDir)) ?? []
      return judgeUse(
        look.seen,
        ours.map(({ id }) => id),
      )
    },
  }
}

function judgeUse({ requests, sealed }: SecretUse, ours: string[]): Finding {
  const missing = (ids: string[]) => ids.filter(id => !ours.includes(id))
  const back = 'put it back, behind the newest: SPAREKEY_SECRET=newest,missing'
  const names = (ids: string[]) => `${ids.length > 1 ? 'keys' : 'the key'} ${ids.join(', ')}`
  const [lost, closed] = [missing(requests), missing(sealed)]
  const ofOurs = `not among ours (${ours.join(', ') || 'none'})`
  if (lost.length > 0)
    return fail(
      `live requests need ${names(lost)}, ${ofOurs}: their mails can't be made, and their codes do not work`,
      `${back}; where that is lost, let people ask again`,
    )
  if (closed.length > 0)
    return fail(
      `secrets of webhooks, directories or vendors are sealed with ${names(closed)}, ${ofOurs}`,
      `${back}; where that is lost, make those secrets anew`,
    )
  return ok(
    requests.length + sealed.length > 0 ? 'every key that rows need is there' : 'no row needs a key yet',
  )
}
