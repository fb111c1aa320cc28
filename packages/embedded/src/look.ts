import { resolve } from 'node:path'
import { clusterMajor } from './cluster.ts'
import { urlOf } from './guard.ts'
import { isPostmasterOf, readPostmaster } from './postmaster.ts'
import { openState, placesIn } from './state.ts'

/** How the Postgres of a data folder is. `url` holds the password: not for logs. */
export type EmbeddedLook =
  | { state: 'none' }
  | { state: 'stopped' | 'starting'; major: number }
  | { state: 'running'; major: number; url: string }

/** Looks at the Postgres of a data folder without starting it. Throws EmbeddedPostgresError with one clear line. */
export const lookAtEmbeddedPostgres = async (dataDir: string): Promise<EmbeddedLook> => {
  const places = placesIn(resolve(dataDir))
  const major = await clusterMajor(places)
  if (major === undefined) return { state: 'none' }
  // Where there is a database this only reads: a file that is missing is an error.
  const state = await openState(places, true)
  const running = await readPostmaster(places)
  if (!running || !(await isPostmasterOf(places, running.pid))) return { state: 'stopped', major }
  if (running.status !== 'ready') return { state: 'starting', major }
  return { state: 'running', major, url: urlOf(state, running.port, 'sparekey') }
}
