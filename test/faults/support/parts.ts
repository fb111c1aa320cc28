import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Point } from '@sparekey/reset/context'
import { freePort } from '../../support/port.ts'
import { until } from '../../support/sparekey.ts'
import { sayingOf } from './point.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const halting = {
  api: new URL('./api-entry.ts', import.meta.url),
  worker: new URL('./worker-entry.ts', import.meta.url),
}
const clock = new URL('./clock.ts', import.meta.url)

/** An API or a worker in a process of its own. */
export interface Part {
  kind: 'api' | 'worker'
  name: string
  url: string
  output(): string
  running(): boolean
  /** Resolves when it has come to its point. */
  halted(): Promise<void>
  /** Resolves to its exit code, or to null where a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>
  signal(signal: NodeJS.Signals): void
  ended: Promise<number | null>
}

export interface PartOptions {
  /** Halts there; without it, it is the part as operators run it. */
  point?: Point
  /** Stands still at the point until this file is there, instead of waiting for its end. */
  standUntil?: string
  /** Its clock is off by so much. */
  clockMs?: number
  env?: Record<string, string>
}

/** Starts a part; resolves when it is ready. `env` is what all parts of a deployment share. */
export async function startPart(
  kind: Part['kind'],
  name: string,
  env: Record<string, string>,
  options: PartOptions = {},
): Promise<Part> {
  const { point, standUntil, clockMs } = options
  const port = await freePort()
  const { PATH = '', HOME = '' } = process.env
  const preload = clockMs === undefined ? [] : ['--import', clock.href]
  const program = point ? [fileURLToPath(halting[kind])] : ['apps/cli/src/main.ts', kind]
  const child = spawn(process.execPath, ['--import', 'tsx', ...preload, ...program], {
    cwd: root,
    env: {
      PATH,
      HOME,
      ...env,
      [kind === 'api' ? 'PORT' : 'WORKER_PORT']: String(port),
      ...(env.SMTP_URL ? { SMTP_URL: env.SMTP_URL.replace(/name=\w+/g, `name=${name}`) } : {}),
      ...(point ? { FAULT_POINT: point } : {}),
      ...(standUntil ? { FAULT_STAND_UNTIL: standUntil } : {}),
      ...(clockMs === undefined ? {} : { FAULT_CLOCK_MS: String(clockMs) }),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  child.stderr.on('data', chunk => (output += chunk))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const running = () => child.exitCode === null && child.signalCode === null
  const part: Part = {
    kind,
    name,
    url: `http://localhost:${port}`,
    output: () => output,
    running,
    async halted() {
      if (!point) throw new TypeError('this part halts nowhere')
      await until(`${name} at ${point}`, () => output.includes(sayingOf(point)) || undefined, 60_000)
    },
    signal: signal => void child.kill(signal),
    async end(signal) {
      if (running()) child.kill(signal)
      return await ended
    },
    ended,
  }
  // A worker that halts at its first job may be too late to be asked whether it is ready.
  if (point && kind === 'worker') return part
  await until(
    `${name} ready`,
    async () => {
      if (!running()) throw new Error(`${name} ended: ${output}`)
      const answer = await fetch(`${part.url}/readyz`).catch(() => undefined)
      return answer?.status === 200 || undefined
    },
    60_000,
  )
  return part
}
