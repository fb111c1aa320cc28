import { atLeast, type Figures, median, quantile, ratioAtLeast } from '../figure.ts'
import { openPeers } from '../peers/peers.ts'
import { openSparekey } from '../sparekey.ts'
import type { Stage } from '../stage.ts'
import { rateBetween, type Traffic } from '../traffic.ts'

/** Mails delivered a second while requests keep coming, beside other ways to do it. */
export async function measureDelivered(stage: Stage): Promise<Figures> {
  const sparekey = await openSparekey(stage, { workers: 1 })
  await sparekey.post({ connections: 4, count: 50 })
  const { sample } = await sparekey.settle()
  const opened = await openPeers(stage, sample)
  const notes = [...opened.notes]
  const peers = opened.peers.map(peer => ({ ...peer, rates: [] as number[] }))
  const own: Round[] = []
  // Two rounds before the first warm all of them up: their code is compiled as it runs hot, and a service runs for days.
  const { quick, rounds } = stage.settings
  for (let round = quick ? 1 : -1; round <= rounds; round++) {
    const mine = await deliver(stage, sparekey)
    if (round > 0) own.push(mine)
    for (const peer of [...peers]) {
      try {
        const { rate } = await deliver(stage, peer)
        if (round > 0) peer.rates.push(rate)
      } catch (error) {
        // Only Sparekey's own mistakes end the measure.
        notes.push(`${peer.name} failed in round ${round}: ${`${error}`.slice(0, 300)}`)
        peers.splice(peers.indexOf(peer), 1)
        await peer.close()
      }
    }
  }
  await sparekey.close()
  for (const peer of peers) await peer.close()

  const values = own.map(({ rate }) => rate)
  const judged =
    peers.find(({ name }) => name.startsWith('Django')) ??
    peers.find(({ name }) => name.startsWith('better-auth'))
  const figures = peers.map(peer => ({
    what: `mails delivered beside ${peer.name}`,
    unit: '/s',
    values,
    reference: { what: peer.name, values: peer.rates },
    ...(peer === judged && { goal: ratioAtLeast(5, peer.name) }),
  }))
  return {
    notes,
    figures: [
      { what: 'mails delivered, end to end', unit: '/s', values, goal: atLeast(2500, '/s') },
      ...figures,
      { what: 'POST p50 while mails go out', unit: 'ms', values: own.map(({ p50 }) => p50) },
      { what: 'POST p99 while mails go out', unit: 'ms', values: own.map(({ p99 }) => p99) },
    ],
    bars: [
      { name: 'Sparekey', value: median(values) },
      ...peers.map(({ name, rates }) => ({ name, value: median(rates) })),
    ],
  }
}

interface Round {
  rate: number
  p50: number
  p99: number
}

/** One round: a load that keeps a bounded backlog, and the mails that came in its time but for the warm-up. */
export async function deliver({ settings }: Stage, traffic: Traffic): Promise<Round> {
  const { connections, seconds, warmSeconds, backlog } = settings
  const { began, took } = await traffic.post({ connections, seconds: warmSeconds + seconds, backlog })
  const from = began + warmSeconds * 1000
  const rate = rateBetween(await traffic.settle(), from, from + seconds * 1000)
  return { rate, p50: quantile(took, 0.5), p99: quantile(took, 0.99) }
}
