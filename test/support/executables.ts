import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The Redis or Valkey server of this machine; tools/test-services.mjs has made sure that there is one. */
export const findRedis = (): string => find(['redis-server', 'valkey-server'])

/** The Chromium of this machine; CHROMIUM_PATH wins. */
export const findChromium = (): string =>
  find([
    process.env.CHROMIUM_PATH ?? '',
    '/usr/bin/chromium',
    'chromium',
    'chromium-browser',
    'google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ])

function find(names: string[]): string {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/bin',
    '/usr/sbin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ]
  const paths = names
    .filter(name => name)
    .flatMap(name => (name.startsWith('/') ? [name] : folders.map(folder => join(folder, name))))
  const found = paths.find(works)
  if (!found)
    throw new Error(`none of ${names.filter(Boolean).join(', ')} is here: run node tools/test-services.mjs`)
  return found
}

function works(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
