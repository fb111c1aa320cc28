// Builds the dashboard when its built files are missing or older than its sources. Node built-ins only.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { filesBelow, stampOf } from './stamp.mjs'

const folder = fileURLToPath(new URL('../apps/dashboard/', import.meta.url))
const stamp = stampOf(`${folder}dist/.sources`, [
  ...filesBelow(`${folder}src`),
  ...['index.html', 'vite.config.ts', 'package.json'].map(name => `${folder}${name}`),
])

if (!stamp.isFresh()) {
  console.error('Building the dashboard …')
  try {
    execFileSync('npm', ['run', 'build', '--silent', '-w', '@sparekey/dashboard'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    stamp.write()
  } catch {
    // The rest works without it, and says so at /dashboard.
    console.error('The dashboard could not be built; everything else starts.')
  }
}
