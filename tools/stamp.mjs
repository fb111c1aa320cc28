import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'

/** What was made out of files is as they are while their stamp is: `isFresh` says so, and `write` stamps it anew. */
export function stampOf(stamp, sources) {
  const hash = createHash('sha256')
  for (const path of sources) hash.update(relative(stamp, path)).update(readFileSync(path))
  const wanted = hash.digest('hex')
  return {
    isFresh: () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted,
    write: () => writeFileSync(stamp, wanted),
  }
}

/** All files below a folder, in their order. */
export const filesBelow = folder =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`)
    .sort()
