// Installs what the lock file names, when node_modules does not hold it yet. Node built-ins only: it runs first.
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stampOf } from './stamp.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = stampOf(`${root}node_modules/.deps-stamp`, [
  `${root}package-lock.json`,
  ...readdirSync(`${root}patches`).map(name => `${root}patches/${name}`),
])

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Sparekey needs Node.js 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

if (!stamp.isFresh()) {
  console.error('Installing dependencies (once, less than a minute) …')
  // By the machine's own Node: the one that the lock file names is taken away meanwhile.
  const paths = process.env.PATH.split(delimiter).filter(path => !path.endsWith('node_modules/.bin'))
  const env = { ...process.env, PATH: paths.join(delimiter) }
  const run = (command, args) => {
    try {
      execFileSync(command, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] })
    } catch {
      console.error(`${command} ${args[0]} failed; its own words are above.`)
      process.exit(1)
    }
  }
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  // What is mended in packages of others, and why: patches/README.md.
  run('npx', ['patch-package', '--error-on-fail'])
  // npm's scripts run by the Node that was installed with the rest, or by the machine's where that one does not run (musl).
  const node = `${root}node_modules/.bin/node`
  try {
    execFileSync(node, ['--version'], { stdio: 'ignore' })
  } catch {
    rmSync(node, { force: true })
  }
  stamp.write()
}
