import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createProgram } from '@sparekey/cli/commands'
import { type Environment, readConfig } from '@sparekey/config/config'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export const text = (path: string): string => readFileSync(join(root, path), 'utf8')

/** What the OpenTelemetry SDK reads by itself, as far as `deploy` hands it on. */
const tracing = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG']

/** Every variable that packages/config asks for, as it asks for it, OpenTelemetry's, Node's own, and the C library's. */
export function knownVariables(): Set<string> {
  const asked = new Set([...tracing, 'NODE_OPTIONS', 'MALLOC_MMAP_THRESHOLD_'])
  readConfig(
    new Proxy<Environment>(
      {},
      {
        get(_, name) {
          asked.add(String(name))
          return undefined
        },
      },
    ),
  )
  return asked
}

/** The commands of `sparekey`. */
export const knownCommands = (): string[] =>
  createProgram(async () => {}).commands.map(command => command.name())

/**
 * A program that some of these tests need and that may be missing; then it is said in one line, and they are skipped.
 * tools/test-services.mjs installs both where it can.
 */
export function findProgram(name: 'promtool' | 'helm', how: string): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/bin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
    join(root, 'node_modules/.cache/sparekey'),
  ]
  const named = process.env[`${name.toUpperCase()}_PATH`]
  const found = [...(named ? [named] : []), ...folders.map(folder => join(folder, name))].find(works)
  if (!found) process.stderr.write(`Skipped: the tests that need ${name} (${how}).\n`)
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
