import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Point } from '@sparekey/reset/context'
import { freePort } from '../../support/port.ts'
import { isWell } from '../../support/process.ts'
import { until } from '../../support/sparekey.ts'
import { sayingOf } from './point.ts'
import { entry } from './programs.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

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
  /** How long it takes at most to hand a mail over, instead of as long as in production. */
  sendDeadlineMs?: number
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
  const { point, standUntil, clockMs, sendDeadlineMs } = options
  const port = await freePort()
  const { PATH = '', HOME = '' } = process.env
  const preload = clockMs === undefined ? [] : ['--import', await entry('clock')]
  const program = point || sendDeadlineMs ? [await entry(`${kind}-entry`)] : ['apps/cli/dist/main.js', kind]
  const child = spawn(process.execPath, [...preload, ...program], {
    cwd: root,
    env: {
      PATH,
      HOME,
      ...env,
      [kind === 'api' ? 'PORT' : 'WORKER_PORT']: String(port),
      ...(env.SMTP_URL ? { SMTP_URL: env.SMTP_URL.replace(/name=\w+/g, `name=${name}`) } : {}),
      ...(point ? { FAULT_POINT: point } : {}),
      ...(standUntil ? { FAULT_STAND_UNTIL: standUntil } : {}),
      ...(sendDeadlineMs ? { FAULT_SEND_DEADLINE_MS: String(sendDeadlineMs) } : {}),
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
      await until(`${name} at ${point}`, () => output.includes(sayingOf(point)) || undefined, 120_000)
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
      return (await isWell(part.url)) || undefined
    },
    120_000,
    // Many start at once, and each look takes time from them.
    200,
  )
  return part
}
