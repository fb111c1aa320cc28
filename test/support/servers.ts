import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { openEmbeddedPostgres } from '@sparekey/embedded/postgres'
import { isAlive } from '@sparekey/embedded/postmaster'
import { findRedis } from './executables.ts'
import { freePort } from './port.ts'

/** A real server, which can be taken away and brought back at the same address. */
export interface TestServer {
  url: string
  /** Resolves when it is gone. A signal of the caller's choice may make it a crash. */
  stop(signal?: NodeJS.Signals): Promise<void>
  start(): Promise<void>
  /** Stops it for good, and removes what it wrote. */
  close(): Promise<void>
}

/** Starts a Redis, or a Valkey, that keeps nothing over a stop. */
export async function startRedis(): Promise<TestServer> {
  const port = await freePort()
  // More databases than anybody takes in one run.
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--databases', '1000']
  let running: ChildProcess | undefined
  const server: TestServer = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      if (running) return
      const child = spawn(findRedis(), settings, { stdio: ['ignore', 'pipe', 'ignore'] })
      running = child
      await new Promise<void>((resolve, reject) => {
        const said: string[] = []
        child.once('error', reject)
        child.once('close', () => reject(new Error(`Redis ended: ${said.slice(-5).join('\n')}`)))
        createInterface(child.stdout).on('line', line => {
          said.push(line)
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
    close: () => server.stop(),
  }
  await server.start()
  return server
}

/** Starts a Postgres, which keeps its data over a stop. `within`: the folder where its own is made. */
export async function startPostgres({
  within = tmpdir(),
  ...options
}: {
  maxConnections?: number
  within?: string
} = {}): Promise<TestServer> {
  const dataDir = await mkdtemp(join(within, 'sparekey-test-'))
  const open = () => openEmbeddedPostgres({ dataDir, ...options })
  let running: Awaited<ReturnType<typeof open>> | undefined = await open()
  const server: TestServer = {
    url: running.url,
    async start() {
      running ??= await open()
      if (running.url !== server.url) throw new Error('somebody took the port of the stopped Postgres')
    },
    async stop(signal = 'SIGINT') {
      const stopped = running
      running = undefined
      if (!stopped) return
      // Its own close() would leave it up while anybody is connected.
      const pid = Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
      process.kill(pid, signal)
      while (isAlive(pid)) await pause(5)
      await stopped.close()
    },
    async close() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  return server
}
