import { parseArgs } from 'node:util'
import { startPostgres } from '../support/servers.ts'
import { createDice, someSeed } from './support/dice.ts'
import { apiPoints, workerPoints } from './support/points.ts'
import { startRedis } from './support/redis.ts'
import { playRound } from './support/round.ts'

// The long run: round after round of kills, load and faults, some at once since most of a round is waiting.
// `FAULT_SEED` plays one run's rounds again.
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, lanes: { type: 'string', default: '2' } },
})
const rounds = Number(values.rounds)
const lanes = Math.min(Number(values.lanes), rounds)
const points = [...workerPoints, ...apiPoints]
const seed = someSeed()
const say = (line: string) => void process.stdout.write(`${line}\n`)
const total: Record<string, number> = {}
const complaints: string[] = []
let begun = 0
let whole = 0

/** Plays rounds on stores of its own until all have begun, by turns on a Redis with its append-only log and without. */
async function play(): Promise<void> {
  const [postgres, logging, forgetful] = await Promise.all([
    startPostgres({ maxConnections: 200 }),
    startRedis({ log: true }),
    startRedis(),
  ])
  try {
    while (begun < rounds) {
      const round = begun++
      const began = performance.now()
      const dice = createDice(seed + round)
      // By the seed, so that it plays the same again.
      const log = dice.seed % 2 === 0
      const redis = log ? logging : forgetful
      const figures = await playRound(dice, { postgres, redis }).catch(error => `${error}`)
      const seconds = Math.round((performance.now() - began) / 1000)
      if (typeof figures !== 'string') whole++
      const { complaints: wrong, ...counts } =
        typeof figures === 'string' ? { complaints: [`broken: ${figures}`] } : figures
      say(
        `round ${round + 1}, Redis with${log ? '' : 'out'} its log, ${seconds} s: ${JSON.stringify(counts)}`,
      )
      for (const line of wrong) say(`  FAULT_SEED=${dice.seed}: ${line}`)
      for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count
      complaints.push(...wrong)
    }
  } finally {
    await Promise.all([postgres.close(), logging.close(), forgetful.close()])
  }
}

say(`${rounds} rounds, FAULT_SEED=${seed}`)
await Promise.all(Array.from({ length: lanes }, play))

const of = (invariant: string) => complaints.filter(line => line.startsWith(invariant)).length
say(`in all: ${JSON.stringify(total)}; killed ${whole} times at each of ${points.join(', ')}`)
say(
  `lost ${of('I1')}, given whole to no server ${total.unsent ?? 0}, two live ${of('I2')}, doubles ${of('I3')}, wrong status ${of('I4')}, readable ${of('I5')}, used twice ${of('I6')}`,
)
process.exitCode = complaints.length > 0 ? 1 : 0
