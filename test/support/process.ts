import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Running {
  child: ChildProcess
  /** Standard output and standard error, so far. */
  output(): string
  /** Resolves once it has said something of this kind; throws what it said where it ends first, or does not in time. */
  says(pattern: RegExp, timeoutMs?: number): Promise<void>
  /** Resolves to the exit code, or to null where a signal ended it. */
  ended: Promise<number | null>
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Runs `sparekey <args>` as a process of its own, with no environment but PATH, HOME and what is given. */
export function runSparekey(args: string[], env: Record<string, string>): Running {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['apps/cli/dist/main.js', ...args], {
    cwd: root,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const heard = new EventEmitter()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += chunk
      heard.emit('more')
    })
  }
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return {
    child,
    output: () => output,
    ended,
    async says(pattern, timeoutMs = 40_000) {
      const late = AbortSignal.timeout(timeoutMs)
      const gone = ended.then(code => `it ended with ${code}`)
      while (!pattern.test(output)) {
        const more = once(heard, 'more', { signal: late }).then(
          () => undefined,
          () => `nothing of it in ${timeoutMs / 1000} s`,
        )
        const why = await Promise.race([more, gone])
        if (why && !pattern.test(output)) throw new Error(`${pattern} was not said, ${why}: ${output}`)
      }
    },
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      return await ended
    },
  }
}

/** Whether a part answers that it is well: an API is ready without its queue, too. */
export async function isWell(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined)
  return ((await answer?.json().catch(() => undefined)) as { status?: string } | undefined)?.status === 'ok'
}
