import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode } from './error.ts'

/**
 * Makes a folder and those above it that are missing. One at a time, because mkdir's own `recursive` never ends where
 * the system says ENOENT below a folder that exists, as it does in /proc. Throws a Node system error.
 */
export const makeFolder = async (path: string, mode: number): Promise<void> => {
  if (await isFolder(path)) return
  const parent = dirname(path)
  if (parent !== path) await makeFolder(parent, mode)
  try {
    await mkdir(path, { mode })
  } catch (error) {
    // Another process may have been faster; a file, or a link that leads nowhere, is in the way.
    if (errorCode(error) !== 'EEXIST' || !(await isFolder(path))) throw error
  }
}

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
