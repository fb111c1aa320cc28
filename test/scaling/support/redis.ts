import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openRedis } from '@sparekey/queue/redis'
import { findRedis } from '../../support/executables.ts'
import { freePort } from '../../support/port.ts'
import { until } from '../../support/sparekey.ts'

/** One Redis process among several. */
export interface Node {
  port: number
  /** Sends a command to this very process; replies are as Redis words them. */
  ask(...command: (string | number)[]): Promise<string>
  signal(signal: NodeJS.Signals): void
  /** Ends it, and resolves when it is gone. */
  kill(): Promise<void>
}

/** Starts Redis processes that keep nothing, in a folder of their own; `close` ends them all. */
export async function openNodes() {
  const folder = await mkdtemp(join(tmpdir(), 'sparekey-redis-'))
  const nodes: Node[] = []
  const keep = (node: Node) => {
    nodes.push(node)
    return node
  }
  return {
    /** Starts a server with these settings, beside the usual ones of a test. */
    async server(port: number, settings: Record<string, string> = {}) {
      const all = {
        ...{ port: `${port}`, bind: '127.0.0.1', save: '""', dir: folder },
        // Replicas would else wait 5 s for others to copy along with.
        'repl-diskless-sync-delay': '0',
        ...settings,
      }
      const file = await writeSettings(join(folder, `${port}.conf`), all)
      return keep(await startNode(port, [file], 'Ready to accept connections'))
    },
    /** Starts a sentinel, which writes what it learns into its own file. */
    async sentinel(port: number, settings: string[]) {
      const file = join(folder, `${port}.conf`)
      await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...settings].join('\n'))
      return keep(await startNode(port, [file, '--sentinel'], '+monitor master'))
    },
    async close() {
      await Promise.all(nodes.map(node => node.kill()))
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export type Nodes = Awaited<ReturnType<typeof openNodes>>

/** Asks again until the answer is yes; a node that is too busy to answer is asked again, too. */
export async function come(what: string, look: () => Promise<boolean>): Promise<void> {
  const yes = () =>
    look().then(
      seen => seen || undefined,
      () => undefined,
    )
  await until(what, yes, 40_000)
}

export const isInStep = async (replica: Node) =>
  (await replica.ask('INFO', 'replication')).includes('master_link_status:up')

/** A port whose twin 10,000 above, where a cluster's nodes speak to each other, is free as well. */
export async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (port <= 55_535 && (await isFree(port + 10_000))) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1')
  const free = await once(probe, 'listening').then(
    () => true,
    () => false,
  )
  probe.close()
  return free
}

async function writeSettings(file: string, settings: Record<string, string>): Promise<string> {
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}`)
  await writeFile(file, lines.join('\n'))
  return file
}

async function startNode(port: number, args: string[], readyWords: string): Promise<Node> {
  const child = spawn(findRedis(), args, { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise<void>((resolve, reject) => {
    const said: string[] = []
    child.once('error', reject)
    child.once('close', () => reject(new Error(`Redis ended: ${said.slice(-5).join('\n')}`)))
    createInterface(child.stdout).on('line', line => {
      said.push(line)
      if (line.includes(readyWords)) resolve()
    })
  })
  return {
    port,
    ask: (...command) => ask(port, command),
    signal: signal => void child.kill(signal),
    kill: () => kill(child),
  }
}

async function ask(port: number, [name = '', ...args]: (string | number)[]): Promise<string> {
  const client = openRedis(`redis://127.0.0.1:${port}`)
  try {
    return `${await client.call(`${name}`, ...args)}`
  } finally {
    client.disconnect()
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
