import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { collector } from './events.ts'

const script = fileURLToPath(new URL('./child.ts', import.meta.url))

/** Runs child.ts in a process of its own. `lines` is what it printed. */
export function spawnChild(task: 'prepare' | 'hold', urls: { redisUrl?: string; databaseUrl: string }) {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', script, task, urls.redisUrl ?? '', urls.databaseUrl],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const lines = collector<string>()
  createInterface(child.stdout).on('line', lines.push)
  return {
    lines,
    exit: once(child, 'exit').then(([code]) => code as number | null),
    kill: () => child.kill('SIGKILL'),
  }
}
