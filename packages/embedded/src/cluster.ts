import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError, errorCode, explainFileError } from './error.ts'
import { isAlive } from './postmaster.ts'
import type { Places, State } from './state.ts'
import type { SystemUser } from './system-user.ts'

/** The one role of the database, its owner and superuser. */
export const ROLE = 'sparekey'

/** The database's locale must not come from the caller's environment, nor may its PG… variables take part. */
export const cleanEnvironment = (): NodeJS.ProcessEnv =>
  process.platform === 'win32' ? process.env : { PATH: process.env.PATH, LC_ALL: 'C' }

/**
 * The `-D` of a process that is started with the database folder as its working directory. As root we enter the folder
 * before becoming the other user, who may be unable to walk there (a clone under /root, say); that link needs no walk.
 */
export const dataArgument = (database: string, user: SystemUser | undefined): string =>
  user && process.platform === 'linux' ? '/proc/self/cwd' : database

/**
 * The major version of the Postgres that made the database folder; undefined when there is none yet.
 * Throws EmbeddedPostgresError when the folder is something else.
 */
export const clusterMajor = async (places: Places): Promise<number | undefined> => {
  try {
    const version = await readFile(join(places.database, 'PG_VERSION'), 'utf8')
    return Number.parseInt(version, 10)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw explainFileError(error, places.database)
  }
  const entries = await readdir(places.database).catch(error => {
    if (errorCode(error) === 'ENOENT') return []
    throw explainFileError(error, places.database)
  })
  if (entries.length === 0) return undefined
  throw new EmbeddedPostgresError(
    `${places.database} holds something that is not a Postgres database: move it away, or point SPAREKEY_DATA at another folder`,
  )
}

/** Removes what an `initdb` that was killed has left behind. */
const removeLeftovers = async (places: Places) => {
  for (const name of await readdir(places.dataDir)) {
    const [prefix, pid] = name.split('.new-')
    if (prefix !== basename(places.database) || !pid || isAlive(Number.parseInt(pid, 10))) continue
    await rm(join(places.dataDir, name), { recursive: true, force: true })
  }
}

/**
 * Makes the database folder by `initdb`, in a folder beside it that takes its name in one step. When another process was
 * faster, its folder stands and ours is dropped.
 */
export const createCluster = async (
  places: Places,
  state: State,
  binaries: Binaries,
  user: SystemUser | undefined,
): Promise<void> => {
  const fresh = `${places.database}.new-${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await removeLeftovers(places)
    await mkdir(fresh, { mode: 0o700 })
    if (user) await chown(fresh, user.uid, user.gid)
    await initialise(fresh, state, binaries, user)
    await rename(fresh, places.database).catch(error => {
      if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error
    })
    const parent = await open(dirname(places.database), 'r')
    await parent.sync().catch(() => undefined)
    await parent.close()
  } catch (error) {
    throw explainFileError(error, places.dataDir)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

const initialise = async (
  folder: string,
  state: State,
  binaries: Binaries,
  user: SystemUser | undefined,
): Promise<void> => {
  // initdb wants the password in a file, and an empty folder: the file is lent as its standard input.
  const passwordFile = `${folder}.password`
  const password = await open(passwordFile, 'wx+', 0o600)
  try {
    await password.writeFile(`${state.password}\n`)
    if (user) await password.chown(user.uid, user.gid)
    const source = process.platform === 'win32' ? passwordFile : '/dev/stdin'
    const settings = [
      `--username=${ROLE}`,
      '--auth=scram-sha-256',
      `--pwfile=${source}`,
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ]
    const lent = await open(passwordFile, 'r')
    try {
      await new Promise<void>((resolve, reject) => {
        const child = spawn(binaries.initdb, ['-D', dataArgument(folder, user), ...settings], {
          ...user,
          cwd: folder,
          env: cleanEnvironment(),
          stdio: [lent.fd, 'ignore', 'pipe'],
          windowsHide: true,
        })
        let complaint = ''
        child.stderr?.on('data', chunk => {
          complaint += chunk
        })
        child.once('error', reject)
        child.once('close', code => (code === 0 ? resolve() : reject(explainComplaint(complaint, folder))))
      })
    } finally {
      await lent.close()
    }
  } finally {
    await password.close()
    await rm(passwordFile, { force: true })
  }
}

/** Makes one clear line of what a Postgres program wrote before it gave up. */
export const explainComplaint = (complaint: string, folder: string): EmbeddedPostgresError => {
  if (/no space left on device|disk quota exceeded/i.test(complaint))
    return new EmbeddedPostgresError(
      `The disk of the data folder ${dirname(folder)} is full: free some space, or point SPAREKEY_DATA at another disk`,
    )
  const lines = complaint.split('\n').filter(line => line.trim())
  const decisive = lines.findLast(line => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? 'no message'
  const words = decisive.replace(/^.*?(FATAL|PANIC|error): */, '').trim()
  if (/permission denied/i.test(words))
    return new EmbeddedPostgresError(
      `Postgres cannot use the data folder ${dirname(folder)} (${words}): point SPAREKEY_DATA at a folder it can reach, or set DATABASE_URL`,
    )
  return new EmbeddedPostgresError(
    `The embedded Postgres in ${dirname(folder)} does not start: ${words} (set DATABASE_URL to use another Postgres)`,
  )
}
