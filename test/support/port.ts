import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below those from which the system takes the near ends of outgoing connections (32768 and up on Linux): a port from
// there may be gone before its test listens on it. Of them each process that runs test files has its own.
const each = 1_000
const first = 15_000 + each * (Number(process.env.VITEST_POOL_ID ?? 0) % 17)

/** Those handed out, which nobody may be listening on yet. */
const taken = new Set<number>()

/** A TCP port on 127.0.0.1 that nobody has, and nobody else is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + randomInt(each)
    if (taken.has(port)) continue
    taken.add(port)
    const probe = createServer().listen(port, '127.0.0.1')
    try {
      await once(probe, 'listening')
    } catch {
      continue
    }
    probe.close()
    await once(probe, 'close')
    return port
  }
}
