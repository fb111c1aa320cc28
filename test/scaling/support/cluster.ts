import { come, freeClusterPort, isInStep, type Node, type Nodes, openNodes } from './redis.ts'

const slots = 16_384
/** Milliseconds of silence after which a node counts as dead; longer than a busy machine keeps one waiting. */
const nodeTimeout = '2500'

/** Three masters, each with a replica. */
export interface TestCluster {
  url: string
  /** Kills the master that holds a key; resolves once a replica holds it instead. */
  killMasterOf(key: string): Promise<void>
  /** How many of the masters hold keys that match. */
  spread(pattern: string): Promise<number>
  close(): Promise<void>
}

export async function startCluster(): Promise<TestCluster> {
  const nodes = await openNodes()
  try {
    const ports = await Promise.all(Array.from({ length: 6 }, freeClusterPort))
    const all = await Promise.all(ports.map(port => startMember(nodes, port)))
    const masters = all.slice(0, 3)
    const replicas = all.slice(3)
    await join(masters, replicas)
    return {
      url: `redis://${all.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
      async killMasterOf(key) {
        const slot = Number(await masters[0]?.ask('CLUSTER', 'KEYSLOT', key))
        const index = masters.findIndex((_, i) => slot <= lastSlot(i))
        const [master, heir] = [masters[index], replicas[index]]
        if (!master || !heir) throw new Error('no such master')
        await master.kill()
        await come(
          'a promoted replica',
          async () => (await heir.ask('ROLE')).startsWith('master') && (await isWhole(heir)),
        )
      },
      async spread(pattern) {
        const found = await Promise.all(masters.map(master => master.ask('KEYS', pattern)))
        return found.filter(keys => keys !== '').length
      },
      close: nodes.close,
    }
  } catch (error) {
    await nodes.close()
    throw error
  }
}

const startMember = (nodes: Nodes, port: number) =>
  nodes.server(port, {
    'cluster-enabled': 'yes',
    'cluster-config-file': `nodes-${port}.conf`,
    'cluster-node-timeout': nodeTimeout,
    'cluster-replica-validity-factor': '0',
  })

const lastSlot = (master: number) => Math.ceil((slots * (master + 1)) / 3) - 1

/** What `redis-cli --cluster create` does, which not every machine has. */
async function join(masters: Node[], replicas: Node[]): Promise<void> {
  const all = [...masters, ...replicas]
  await Promise.all(all.map((node, i) => node.ask('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)))
  await Promise.all(
    masters.map((node, i) => {
      const first = i === 0 ? 0 : lastSlot(i - 1) + 1
      const own = Array.from({ length: lastSlot(i) - first + 1 }, (_, n) => first + n)
      return node.ask('CLUSTER', 'ADDSLOTS', ...own)
    }),
  )
  for (const node of all.slice(1)) await all[0]?.ask('CLUSTER', 'MEET', '127.0.0.1', node.port)
  await Promise.all(all.map(node => come('all nodes', () => knowsAll(node))))
  await Promise.all(
    replicas.map(async (replica, i) => {
      const id = (await masters[i]?.ask('CLUSTER', 'MYID')) ?? ''
      await replica.ask('CLUSTER', 'REPLICATE', id)
      await come('a replica in step', () => isInStep(replica))
    }),
  )
  await Promise.all(all.map(node => come('a whole cluster', () => isWhole(node))))
}

async function knowsAll(node: Node): Promise<boolean> {
  const lines = (await node.ask('CLUSTER', 'NODES')).trim().split('\n')
  return lines.length === 6 && lines.every(line => line.includes('connected') && !line.includes('handshake'))
}

const isWhole = async (node: Node) => (await node.ask('CLUSTER', 'INFO')).includes('cluster_state:ok')
