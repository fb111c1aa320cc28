import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Binaries, findBinaries } from './binaries.ts'
import { clusterMajor, createCluster, explainComplaint } from './cluster.ts'
import { EmbeddedPostgresError, errorCode, explainFileError } from './error.ts'
import { type Guard, takeHold, urlOf } from './guard.ts'
import { type Held, keepHold } from './hold.ts'
import {
  isPostmasterOf,
  readPostmaster,
  removeEmptyPid,
  removeStalePid,
  type Started,
  spawnPostmaster,
  stopPostmaster,
} from './postmaster.ts'
import { freePort, openState, type Places, placesIn, type State, savePort } from './state.ts'
import { findSystemUser, type SystemUser } from './system-user.ts'

export { EmbeddedPostgresError } from './error.ts'

const DATABASE = 'sparekey'
/** Recovery after a crash can take its time; a server that does nothing at all must not hold us for ever. */
const PATIENCE_MS = 120_000
const TICK_MS = 10

export type EmbeddedPostgres = {
  /** Address of the database `sparekey`, password included: not for logs. */
  url: string
  /** Whether this call started the server, instead of finding it running. */
  started: boolean
  /** Stops the server when nobody else is connected to it, and waits until it has stopped. Close your pools before. */
  close(): Promise<void>
}

export type EmbeddedPostgresOptions = {
  /** Where everything is kept; made when missing. */
  dataDir: string
  /** Takes effect when this call starts the server. 100 when unset. */
  maxConnections?: number
  /** Gets a line when there is something to know. */
  log?: (line: string) => void
}

/**
 * Opens the Postgres of a data folder: attaches to the one that runs there, also when it was left behind by a process
 * that was killed, or else starts it, and makes the database first in a new folder. It listens on 127.0.0.1 only, on a
 * port that it keeps from start to start if it can. Several processes may open and close it at once.
 * Throws EmbeddedPostgresError with one clear line.
 */
export const openEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const { maxConnections = 100, log = () => {} } = options
  const places = placesIn(resolve(options.dataDir))
  const exists = (await clusterMajor(places)) !== undefined
  const state = await openState(places, exists)
  try {
    const hold = (port: number) => attachOrStart(places, { ...state, port }, maxConnections, log)
    const first = await hold(state.port)
    const { port, started } = first
    const kept = keepHold(first, () => hold(port), log)
    let closing: Promise<void> | undefined
    return {
      url: urlOf(state, port, DATABASE),
      started,
      close: () => {
        closing ??= kept.stop().then(held => close(places, held.guard, log))
        return closing
      },
    }
  } catch (error) {
    throw explainFileError(error, places.dataDir)
  }
}

type Programs = { binaries: Binaries; user: SystemUser | undefined }

const attachOrStart = async (
  places: Places,
  state: State,
  maxConnections: number,
  log: (line: string) => void,
): Promise<Held> => {
  const until = Date.now() + PATIENCE_MS
  let programs: Programs | undefined
  let child: Started | undefined
  let { port } = state
  while (Date.now() < until) {
    const running = await readPostmaster(places)
    if (running && (await isPostmasterOf(places, running.pid))) {
      if (running.status === 'ready') {
        const guard = await tryToHold(places, state, running.port)
        if (guard) {
          const started = running.pid === child?.pid
          log(`${started ? 'started' : 'attached to'} Postgres on 127.0.0.1:${running.port}`)
          return { guard, port: running.port, started }
        }
      }
      await pause(TICK_MS)
      continue
    }
    if (running) await removeStalePid(places, running.pid)
    else await removeEmptyPid(places)
    programs ??= await prepare(places, state, log)
    child = await spawnPostmaster(places, programs.binaries, programs.user, { port, maxConnections })
    const ended = await readyOrEnded(places, child)
    if (!ended) continue
    if (/could not bind|could not create any TCP/i.test(ended.complaint)) {
      port = await freePort()
      await savePort(places, { ...state, port })
      log(`the port of Postgres was taken: it moves to ${port}`)
    } else if (
      !/lock file .* (already exists|is empty)|pre-existing shared memory|is being used by/i.test(
        ended.complaint,
      )
    ) {
      throw explainComplaint(ended.complaint, places.database)
    }
    // Else another process was faster, or what is left of a killed server is still ending.
    await pause(TICK_MS)
  }
  throw new EmbeddedPostgresError(
    `The embedded Postgres in ${places.dataDir} did not get ready within ${PATIENCE_MS / 1000} s: see ${places.log}`,
  )
}

const prepare = async (places: Places, state: State, log: (line: string) => void): Promise<Programs> => {
  const user = await findSystemUser(places.database)
  const binaries = await findBinaries(user, log)
  const major = await clusterMajor(places)
  if (major === undefined) {
    log(`makes a database in ${places.dataDir}`)
    await createCluster(places, state, binaries, user)
  } else if (major !== binaries.major) {
    throw new EmbeddedPostgresError(
      `${places.database} was made by Postgres ${major}, this version of Sparekey brings Postgres ${binaries.major}: move the data over with pg_dump, or move the folder away to begin anew`,
    )
  }
  return { binaries, user }
}

/** Resolves to undefined as soon as our server, or a faster one, is ready; or to what ours said when it ended. */
const readyOrEnded = async (places: Places, child: Started): Promise<{ complaint: string } | undefined> => {
  const until = Date.now() + PATIENCE_MS
  const stop = new AbortController()
  const ready = async () => {
    while (!stop.signal.aborted && Date.now() < until) {
      const running = await readPostmaster(places)
      if (running?.pid === child.pid && running.status === 'ready') break
      await pause(TICK_MS)
    }
    return undefined
  }
  try {
    return await Promise.race([child.exited, ready()])
  } finally {
    stop.abort()
  }
}

/** Undefined when the server is just starting or stopping: look again. */
const tryToHold = async (places: Places, state: State, port: number): Promise<Guard | undefined> => {
  try {
    return await takeHold(state, port, DATABASE)
  } catch (error) {
    const code = errorCode(error) ?? ''
    if (code === '28P01')
      throw new EmbeddedPostgresError(
        `The password in ${places.state} is not the one of the database beside it: put the right file back, or remove ${places.dataDir} to begin anew`,
      )
    if (code === '53300')
      throw new EmbeddedPostgresError(
        `The embedded Postgres in ${places.dataDir} has no connection left: stop some of the processes that use it`,
      )
    if (code === '53100') throw explainComplaint('No space left on device', places.database)
    if (/^(57P0|08)|^(ECONNREFUSED|ECONNRESET|EPIPE|CONNECTION_)|^CONNECT_TIMEOUT/.test(code))
      return undefined
    throw error
  }
}

const close = async (places: Places, guard: Guard, log: (line: string) => void): Promise<void> => {
  try {
    if (!(await guard.release())) return
    const running = await readPostmaster(places)
    if (!running || !(await isPostmasterOf(places, running.pid))) return
    await stopPostmaster(places, running.pid)
    log('stopped Postgres')
  } catch (error) {
    // A server that is gone, or that belongs to somebody we may not signal, needs no stopping from us.
    if (!/^(57P0|08|EPERM|ESRCH|ECONN|EPIPE|CONNECT)/.test(errorCode(error) ?? '')) throw error
  } finally {
    await guard.end()
  }
}
