import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config, Secret } from '@sparekey/config/config'
import * as parse from '@sparekey/config/parse'
import { makeFolder } from '@sparekey/embedded/folder'
import { CommandError, codeOf } from './failure.ts'

/** The demo application's keys, kept so that every start can print the curl line. */
export interface DemoKeys {
  /** Of the application that they open: another database has another one. */
  applicationId: string
  secret: string
  publishable: string
}

interface Kept {
  secret: string
  adminKey: string
  demo?: DemoKeys
}

/** What tokens are derived with, and the operator's key; the environment's values win over made ones. */
export interface Keys {
  secrets: Secret[]
  adminKey: string
  /** Whether `adminKey` was made here: only then may it be printed. */
  madeAdminKey: boolean
}

/**
 * Takes the keys of the environment, and for those that it leaves out the ones in `keys.json` of the data folder.
 * That file (0600) is made when missing; of several processes that do so at once, all get the same keys.
 * @throws CommandError when the file is damaged, or the folder cannot be used.
 */
export async function readKeys(config: Config): Promise<Keys> {
  if (config.secrets && config.adminKey)
    return { secrets: config.secrets, adminKey: config.adminKey, madeAdminKey: false }
  const kept = await readOrMake(config.dataDir)
  return {
    secrets: config.secrets ?? parse.secrets(kept.secret) ?? [],
    adminKey: config.adminKey ?? kept.adminKey,
    madeAdminKey: config.adminKey === undefined,
  }
}

/** The secrets that are kept in the data folder; undefined: none yet. Makes nothing. */
export async function readKeptSecrets(dataDir: string): Promise<Secret[] | undefined> {
  const kept = await guarded(dataDir, () => read(dataDir))
  return kept && parse.secrets(kept.secret)
}

/** The kept keys of this demo application, if there are any. */
export async function readDemoKeys(dataDir: string, applicationId: string): Promise<DemoKeys | undefined> {
  const kept = await guarded(dataDir, () => read(dataDir))
  return kept?.demo?.applicationId === applicationId ? kept.demo : undefined
}

/** Keeps the demo application's keys beside the others. */
export async function keepDemoKeys(dataDir: string, demo: DemoKeys): Promise<void> {
  const kept = await readOrMake(dataDir)
  await guarded(dataDir, async () => {
    const path = join(dataDir, 'keys.json')
    await rename(await writeWhole(path, { ...kept, demo }), path)
  })
}

function readOrMake(dataDir: string): Promise<Kept> {
  return guarded(dataDir, async () => {
    const found = await read(dataDir)
    if (found) return found
    await makeFolder(dataDir, 0o700)
    const path = join(dataDir, 'keys.json')
    const made = {
      secret: randomBytes(32).toString('base64'),
      adminKey: `admin_${randomBytes(24).toString('base64url')}`,
    }
    const temporary = await writeWhole(path, made)
    try {
      // A link, unlike a rename, never replaces what another process made meanwhile.
      await link(temporary, path)
      return made
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      return (await read(dataDir)) ?? made
    } finally {
      await rm(temporary, { force: true })
    }
  })
}

async function read(dataDir: string): Promise<Kept | undefined> {
  const path = join(dataDir, 'keys.json')
  const text = await readFile(path, 'utf8').catch(error => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    const kept = JSON.parse(text) as Partial<Kept>
    if (parse.secrets(kept.secret ?? '') && parse.adminKey(kept.adminKey ?? '')) return kept as Kept
  } catch {}
  throw new CommandError(
    `${path} is damaged: put it back from a backup, or remove it to have new keys made (mails that still wait, and codes already mailed, are lost then).`,
  )
}

async function writeWhole(path: string, kept: Kept): Promise<string> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(kept, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return temporary
}

const unusable = new Set(
  'EACCES EPERM EROFS ENOENT ENOTDIR EEXIST EISDIR ELOOP ENAMETOOLONG ENOSPC EDQUOT'.split(' '),
)

async function guarded<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = codeOf(error)
    if (code && unusable.has(code))
      throw new CommandError(
        `The data folder ${dataDir} cannot be used (${code}): it must be a folder that this user can write; SPAREKEY_DATA names another.`,
      )
    throw error
  }
}
