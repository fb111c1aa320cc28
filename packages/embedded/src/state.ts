import { randomBytes } from 'node:crypto'
import { chmod, link, open, readFile, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { EmbeddedPostgresError, errorCode, explainFileError } from './error.ts'
import { makeFolder } from './folder.ts'

/** What is remembered beside the database: the password of its only role and the port it was last given. */
export type State = { password: string; port: number }

/** The paths of one data folder. */
export const placesIn = (dataDir: string) => ({
  dataDir,
  database: join(dataDir, 'postgres'),
  state: join(dataDir, 'postgres.json'),
  log: join(dataDir, 'postgres.log'),
})
export type Places = ReturnType<typeof placesIn>

/** Asks the system for a TCP port on 127.0.0.1 that nobody has. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

const writeWhole = async (path: string, state: State) => {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(state)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return temporary
}

const read = async (path: string): Promise<State | undefined> => {
  const text = await readFile(path, 'utf8').catch(error => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    const { password, port } = JSON.parse(text) as Partial<State>
    if (typeof password === 'string' && password && Number.isInteger(port))
      return { password, port: Number(port) }
  } catch {}
  throw new EmbeddedPostgresError(
    `${path} is damaged, and the database's password was in it: put it back from a backup, or remove the data folder to begin anew`,
  )
}

/**
 * Reads the state of a data folder; in a new one makes the folder (0700) and the state (0600) first. Of several
 * processes that do so at once, all get the same state.
 */
export const openState = async (places: Places, databaseExists: boolean): Promise<State> => {
  try {
    await makeFolder(places.dataDir, 0o700)
    const found = await read(places.state)
    if (found) return found
    if (databaseExists)
      throw new EmbeddedPostgresError(
        `${places.state} is missing, and the database's password was in it: put it back from a backup, or remove ${places.database} to begin anew`,
      )
    const made = { password: randomBytes(24).toString('base64url'), port: await freePort() }
    const temporary = await writeWhole(places.state, made)
    try {
      // A link, unlike a rename, never replaces the state that another process made meanwhile.
      await link(temporary, places.state)
      return made
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
    } finally {
      await rm(temporary, { force: true })
    }
    return (await read(places.state)) ?? made
  } catch (error) {
    throw explainFileError(error, places.dataDir)
  }
}

/** Remembers another port. */
export const savePort = async (places: Places, state: State): Promise<void> => {
  try {
    const temporary = await writeWhole(places.state, state)
    await chmod(temporary, 0o600)
    await rename(temporary, places.state)
  } catch (error) {
    throw explainFileError(error, places.dataDir)
  }
}
