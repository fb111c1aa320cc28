import { freePort } from '../../support/port.ts'
import { come, isInStep, type Node, openNodes } from './redis.ts'

const name = 'sparekey'

/** A master and its replica, and three sentinels that watch them. */
export interface TestSentinels {
  url: string
  /** Ends the master, or makes it hang; resolves once the sentinels have promoted the replica. */
  loseMaster(signal: 'SIGKILL' | 'SIGSTOP'): Promise<void>
  close(): Promise<void>
}

export async function startSentinels(): Promise<TestSentinels> {
  const nodes = await openNodes()
  try {
    const [first = 0, second = 0, ...others] = await Promise.all(Array.from({ length: 5 }, freePort))
    const master = await nodes.server(first)
    const replica = await nodes.server(second, { replicaof: `127.0.0.1 ${first}` })
    await come('a replica in step', () => isInStep(replica))
    const sentinels = await Promise.all(
      others.map(port =>
        nodes.sentinel(port, [
          `sentinel monitor ${name} 127.0.0.1 ${first} 2`,
          // Longer than a busy machine keeps one waiting.
          `sentinel down-after-milliseconds ${name} 2500`,
          `sentinel failover-timeout ${name} 10000`,
        ]),
      ),
    )
    await Promise.all(
      sentinels.map(sentinel =>
        come('a sentinel that knows all', async () =>
          (await sentinel.ask('INFO', 'sentinel')).includes('slaves=1,sentinels=3'),
        ),
      ),
    )
    return {
      url: `redis+sentinel://${others.map(port => `127.0.0.1:${port}`).join(',')}/${name}`,
      async loseMaster(signal) {
        if (signal === 'SIGKILL') await master.kill()
        else master.signal(signal)
        await come('a promoted replica', () => isMaster(sentinels, replica))
      },
      close: nodes.close,
    }
  } catch (error) {
    await nodes.close()
    throw error
  }
}

async function isMaster(sentinels: Node[], replica: Node): Promise<boolean> {
  const said = await Promise.all(sentinels.map(each => each.ask('SENTINEL', 'get-master-addr-by-name', name)))
  const agreed = said.every(address => address === `127.0.0.1,${replica.port}`)
  return agreed && (await replica.ask('ROLE')).startsWith('master')
}
