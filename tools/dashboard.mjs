// Builds the dashboard when its built files are missing or older than its sources. Node built-ins only.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../apps/dashboard/', import.meta.url))
const stamp = `${folder}dist/.sources`
const hash = createHash('sha256')
const sources = readdirSync(`${folder}src`, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .map(entry => `${entry.parentPath}/${entry.name}`)
for (const path of [
  ...sources.sort(),
  `${folder}index.html`,
  `${folder}vite.config.ts`,
  `${folder}package.json`,
])
  hash.update(readFileSync(path))
const wanted = hash.digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.error('Building the dashboard …')
  try {
    execFileSync('npm', ['run', 'build', '--silent', '-w', '@sparekey/dashboard'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    writeFileSync(stamp, wanted)
  } catch {
    // The rest works without it, and says so at /dashboard.
    console.error('The dashboard could not be built; everything else starts.')
  }
}
