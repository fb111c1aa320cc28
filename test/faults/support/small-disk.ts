import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of so many megabytes; undefined where this user may mount none. */
export function mountSmallDisk(megabytes: number) {
  const folder = mkdtempSync(join(tmpdir(), 'sparekey-disk-'))
  try {
    const options = `size=${megabytes}m,mode=0755`
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'sparekey-faults', folder], { stdio: 'ignore' })
  } catch {
    rmdirSync(folder)
    return undefined
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    /** Leaves not a byte free. */
    async fill() {
      const file = await open(ballast, 'w')
      for (let size = 1024 * 1024; size >= 512; ) {
        await file.write(Buffer.alloc(size)).catch(() => {
          size /= 2
        })
      }
      await file.close()
    },
    free: () => rm(ballast, { force: true }),
    async close() {
      execFileSync('umount', ['-l', folder])
      rmdirSync(folder)
    },
  }
}

/** Whether this user may mount a file system, as root may on most machines, and in few containers. */
export const mayMount = (() => {
  const tried = process.platform === 'linux' ? mountSmallDisk(1) : undefined
  void tried?.close()
  return tried !== undefined
})()
