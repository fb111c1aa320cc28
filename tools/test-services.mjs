// Finds what the tests need beside npm's packages, and installs it where that is allowed. Node built-ins only.
import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fetchHelm } from './test-helm.mjs'

const works = path => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
const onPath = name =>
  [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/bin',
    '/usr/sbin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ]
    .map(folder => join(folder, name))
    .find(works)

const redis = () => onPath('redis-server') ?? onPath('valkey-server')
const chromium = () =>
  [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find(path => path && works(path)) ??
  ['chromium', 'chromium-browser', 'google-chrome'].map(onPath).find(Boolean) ??
  ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find(works)
const fonts = () => {
  if (process.platform !== 'linux') return true
  const list = spawnSync('fc-list', ['--format', '%{file}\n'], { encoding: 'utf8' })
  return list.error ? existsSync('/usr/share/fonts/truetype') : list.stdout.trim() !== ''
}

const missing = () => [
  ...(redis() ? [] : ['redis-server']),
  ...(chromium() ? [] : ['chromium']),
  ...(fonts() ? [] : ['fonts-liberation2', 'fonts-dejavu-core']),
]

/** Without these, the tests that need them say so and are skipped. */
const wished = () => (onPath('promtool') ? [] : ['prometheus'])

const packages = [...missing(), ...wished()]
if (packages.length > 0) {
  const debian = existsSync('/etc/debian_version') && onPath('apt-get')
  if (debian && process.getuid?.() === 0) install(packages)
  const left = missing()
  if (left.length > 0) {
    const how = debian
      ? `run: sudo apt-get install -y --no-install-recommends ${left.join(' ')}`
      : 'install them'
    console.error(`The tests need ${left.join(', ')}: ${how} (CHROMIUM_PATH may name a Chromium).`)
    process.exit(1)
  }
}

if (!process.env.HELM_PATH && !onPath('helm')) fetchHelm()

function install(names) {
  console.error(`Installing ${names.join(', ')} for the tests (once) …`)
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  // Debian's own way to say that a package may not start its service.
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  try {
    if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
    execFileSync('apt-get', ['update', '-qq'], options)
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], options)
  } catch {
    console.error('apt-get failed; its own words are above.')
  } finally {
    if (ours) rmSync(policy, { force: true })
  }
}
