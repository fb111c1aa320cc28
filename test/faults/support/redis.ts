import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient, type RedisClient } from '@sparekey/queue/redis'
import { parseRedisUrl } from '@sparekey/queue/redis-url'
import { findRedis } from '../../support/executables.ts'
import { freePort } from '../../support/port.ts'
import type { TestServer } from '../../support/servers.ts'

/** A client that waits as long as it takes, however busy the machine is. Close it with `disconnect()`. */
export const lookInto = (url: string): RedisClient => createClient(parseRedisUrl(url), { patient: true })

/** A Redis that can be killed and started again, with its append-only log or with nothing kept. */
export async function startRedis({ log = false }: { log?: boolean } = {}): Promise<TestServer> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'sparekey-redis-'))
  const keeping = log ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...keeping]
  let running: ChildProcess | undefined
  const server: TestServer = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      if (running) return
      const child = spawn(findRedis(), settings, { stdio: ['ignore', 'pipe', 'ignore'] })
      running = child
      await new Promise<void>((resolve, reject) => {
        child.once('error', reject)
        child.once('close', () => reject(new Error('Redis ended')))
        createInterface(child.stdout).on('line', line => {
          if (line.includes('Ready to accept connections')) resolve()
        })
      })
    },
    async stop(signal = 'SIGTERM') {
      const child = running
      running = undefined
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill(signal)
      await gone
    },
    async close() {
      await server.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  await server.start()
  return server
}
