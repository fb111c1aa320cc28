import { execFile, spawn } from 'node:child_process'
import { open, readFile, readlink, realpath, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Binaries } from './binaries.ts'
import { cleanEnvironment, dataArgument } from './cluster.ts'
import { errorCode } from './error.ts'
import type { Places } from './state.ts'
import type { SystemUser } from './system-user.ts'

const run = promisify(execFile)
const LOG_LIMIT = 5_000_000

/** What `postmaster.pid` says: who runs on the database folder, on which port, and how far it is. */
export type Postmaster = { pid: number; port: number; status: string }

/** Tells whether a process of this id exists, whoever owns it. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/** Reads `postmaster.pid`; undefined when there is none, or when it is not yet written. */
export const readPostmaster = async (places: Places): Promise<Postmaster | undefined> => {
  const text = await readFile(join(places.database, 'postmaster.pid'), 'utf8').catch(error => {
    if (errorCode(error) === 'ENOENT') return ''
    throw error
  })
  const lines = text.split('\n').map(line => line.trim())
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10))
  if (!pid) return undefined
  return { pid, port: Number.parseInt(lines[3] ?? '', 10) || 0, status: lines[7] ?? '' }
}

/**
 * Tells whether that process is really the Postgres of this folder. After kill -9 or a restarted container its id may
 * belong to anything else, or to a dead process that nobody has collected.
 */
export const isPostmasterOf = async (places: Places, pid: number): Promise<boolean> => {
  if (!isAlive(pid)) return false
  if (process.platform === 'win32') return true
  if (process.platform !== 'linux') {
    const found = await run('ps', ['-o', 'stat=,command=', '-p', String(pid)]).catch(() => undefined)
    return found ? /^\s*[^Z]\S*\s.*postgres/.test(found.stdout) : false
  }
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(places.database))
  } catch (error) {
    // A zombie has no working directory (ENOENT). Another user's process is not ours to judge: Postgres will.
    return errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EACCES'
  }
}

/** Removes a `postmaster.pid` that names a living process which is no Postgres: Postgres itself would believe it. */
export const removeStalePid = async (places: Places, pid: number): Promise<void> => {
  const now = await readPostmaster(places)
  if (now?.pid === pid && isAlive(pid)) await rm(join(places.database, 'postmaster.pid'), { force: true })
}

/**
 * Removes a `postmaster.pid` that a crash left empty, which Postgres leaves to a person: whoever makes one writes it at once.
 */
export const removeEmptyPid = async (places: Places): Promise<void> => {
  const path = join(places.database, 'postmaster.pid')
  const left = await stat(path).catch(() => undefined)
  if (left?.size === 0 && Date.now() - left.mtimeMs > 2_000) await rm(path, { force: true })
}

/** One started Postgres: `exited` settles, with what it wrote to the log, when it ends. */
export type Started = { pid: number; exited: Promise<{ complaint: string }> }

/**
 * Starts Postgres on the database folder, in a session of its own, so that neither Ctrl-C in the terminal nor the end of
 * this process reaches it. Resolves once the process runs, which is before it answers.
 */
export const spawnPostmaster = async (
  places: Places,
  binaries: Binaries,
  user: SystemUser | undefined,
  settings: { port: number; maxConnections: number },
): Promise<Started> => {
  const log = await open(places.log, 'a', 0o600)
  try {
    let { size } = await log.stat()
    if (size > LOG_LIMIT) {
      await truncate(places.log)
      size = 0
    }
    const options = {
      listen_addresses: '127.0.0.1',
      port: settings.port,
      max_connections: settings.maxConnections,
      // The path of a socket may have 107 bytes at most, so a deep folder could not hold one.
      unix_socket_directories: '',
      timezone: 'UTC',
      log_timezone: 'UTC',
      log_line_prefix: '%m [%p] ',
      log_checkpoints: 'off',
      // Statements and details hold people's addresses.
      log_min_error_statement: 'panic',
      log_error_verbosity: 'terse',
    }
    const flags = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(binaries.postgres, ['-D', dataArgument(places.database, user), ...flags], {
      ...user,
      cwd: places.database,
      env: cleanEnvironment(),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      windowsHide: true,
    })
    const exited = new Promise<{ complaint: string }>(resolve => {
      child.once('exit', async () => resolve({ complaint: await complaintOf(places, size, child.pid) }))
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    return { pid: child.pid ?? 0, exited }
  } finally {
    await log.close()
  }
}

/** Several starters may write to the log at once, so lines of other processes are left out. */
const complaintOf = async (places: Places, from: number, pid: number | undefined) => {
  const bytes = await readFile(places.log).catch(() => Buffer.alloc(0))
  const lines = bytes.subarray(from).toString('utf8').split('\n')
  const own = lines.filter(line => line.includes(`[${pid}]`) || !/ \[\d+\] /.test(line))
  return own.join('\n')
}

/** Asks Postgres to shut down (fast: open transactions are rolled back) and resolves when it has. */
export const stopPostmaster = async (places: Places, pid: number): Promise<void> => {
  process.kill(pid, 'SIGINT')
  while ((await readPostmaster(places))?.pid === pid && (await isPostmasterOf(places, pid))) await pause(5)
}
