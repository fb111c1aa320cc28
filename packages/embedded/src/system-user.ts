import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './error.ts'

const run = promisify(execFile)

/** The user that Postgres runs as, when it is not our own. */
export type SystemUser = { uid: number; gid: number }

/**
 * Finds the user to run Postgres as: our own (undefined), or, since Postgres refuses root, the owner of the
 * database folder when there is one, else the system's user `postgres`, else `nobody`.
 */
export const findSystemUser = async (databaseFolder: string): Promise<SystemUser | undefined> => {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(databaseFolder).catch(() => undefined)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(['-u', '-g'].map(flag => run('id', [flag, name]))).catch(() => undefined)
    const [uid, gid] = ids?.map(id => Number(id.stdout)) ?? []
    if (uid && gid) return { uid, gid }
  }
  throw new EmbeddedPostgresError(
    'Postgres refuses to run as root and there is no user "postgres" or "nobody" to run it as: start Sparekey as another user, or set DATABASE_URL',
  )
}
