import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Answer, Saying } from './channel.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** What a process gets to end by itself, before it is killed. */
const graceMs = 40_000

export interface Program {
  name: string
  command: string
  args: string[]
  env?: Record<string, string>
  /** Whether it talks to us by IPC. */
  channel?: boolean
  cwd?: string
}

export interface Child {
  pid: number
  output(): string
  /** Rejects with what the process said, where it is gone. */
  alive(): void
  ask<T>(verb: string, input?: unknown): Promise<T>
  tell(verb: string, input?: unknown): void
  /** Calls back at each saying of this kind. */
  hear(event: string, listen: (value: number) => void): void
  /** Resolves when it has ended by itself; rejects with what it said where that went wrong. */
  ended(): Promise<void>
  end(): Promise<void>
}

export interface Processes {
  start(program: Program): Child
  /** Ends whatever still runs but for these, the newest first. */
  endAll(but?: Child[]): Promise<void>
}

/** Starts processes and remembers them, so that none outlives the bench. */
export function createProcesses(): Processes {
  const children = new Set<{ child: ChildProcess; handle: Child }>()
  process.on('exit', () => {
    for (const { child } of children) child.kill('SIGKILL')
  })
  return {
    start(program) {
      const child = launch(program)
      const handle = handleOf(program.name, child)
      const entry = { child, handle }
      children.add(entry)
      child.once('exit', () => children.delete(entry))
      return handle
    },
    async endAll(but = []) {
      for (const { handle } of [...children].reverse()) if (!but.includes(handle)) await handle.end()
    },
  }
}

/** A TypeScript file of the bench as a process of its own. */
export const script = (path: string): Pick<Program, 'command' | 'args'> => ({
  command: process.execPath,
  args: ['--import', 'tsx', fileURLToPath(new URL(path, import.meta.url))],
})

function launch({ command, args, env = {}, channel = false, cwd = root }: Program): ChildProcess {
  const { PATH = '', HOME = '' } = process.env
  return spawn(command, args, {
    cwd,
    env: { PATH, HOME, NODE_ENV: 'production', ...env },
    stdio: channel ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    serialization: 'advanced',
  })
}

function handleOf(name: string, child: ChildProcess): Child {
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', chunk => {
      output = (output + chunk).slice(-20_000)
    })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const listeners = new Map<string, (value: number) => void>()
  let asked = 0
  const gone = () => child.exitCode !== null || child.signalCode !== null
  const exited = once(child, 'exit')
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`${name} ended: ${output}`))
  })
  child.on('message', (message: Answer | Saying) => {
    if ('event' in message) return listeners.get(message.event)?.(message.value)
    const question = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error === undefined) question?.resolve(message.result)
    else question?.reject(new Error(`${name}: ${message.error}`))
  })
  return {
    pid: child.pid ?? 0,
    output: () => output,
    alive() {
      if (gone()) throw new Error(`${name} ended: ${output}`)
    },
    ask: <T>(verb: string, input?: unknown) =>
      new Promise<T>((resolve, reject) => {
        if (gone()) return reject(new Error(`${name} ended: ${output}`))
        const id = asked++
        waiting.set(id, { resolve: value => resolve(value as T), reject })
        child.send({ id, verb, input })
      }),
    tell(verb, input) {
      if (child.connected) child.send({ id: -1, verb, input })
    },
    async ended() {
      await exited
      if (child.exitCode !== 0) throw new Error(`${name} failed: ${output}`)
    },
    hear: (event, listen) => void listeners.set(event, listen),
    async end() {
      if (gone()) return
      child.kill('SIGTERM')
      const late = pause(graceMs, 'late', { ref: false })
      if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL')
      await exited
    },
  }
}

/** Waits until an address answers with 200; throws what the process said where it ends first. */
export async function answers(child: Child, url: string, everyMs = 25, withinMs = 60_000): Promise<void> {
  const end = performance.now() + withinMs
  for (;;) {
    child.alive()
    const status = await fetch(url).then(
      async response => {
        await response.arrayBuffer()
        return response.status
      },
      () => 0,
    )
    if (status === 200) return
    if (performance.now() > end) throw new Error(`${url} does not answer: ${child.output()}`)
    await pause(everyMs)
  }
}
