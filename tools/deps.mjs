// Installs what the lock file names, when node_modules does not hold it yet. Node built-ins only: it runs first.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${root}node_modules/.deps-stamp`
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex')
const present = existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Sparekey needs Node.js 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

if (!present) {
  console.error('Installing dependencies (once, about half a minute) …')
  try {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  } catch {
    console.error('npm ci failed; its own words are above.')
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}
