import { parseArgs } from 'node:util'
import { startPostgres } from '../support/servers.ts'
import { createDice, someSeed } from './support/dice.ts'
import { startRedis } from './support/redis.ts'
import { playRound } from './support/round.ts'

// The long run: round after round of load and faults. `FAULT_SEED` plays one run's rounds again.
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const rounds = Number(values.rounds)
const seed = someSeed()
const say = (line: string) => void process.stdout.write(`${line}\n`)
const total: Record<string, number> = {}
const complaints: string[] = []

say(`${rounds} rounds, FAULT_SEED=${seed}`)
const [postgres, redis] = await Promise.all([
  startPostgres({ maxConnections: 200 }),
  startRedis({ log: true }),
])
try {
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    const dice = createDice(seed + round)
    const figures = await playRound(dice, { postgres, redis }).catch(error => `${error}`)
    const seconds = Math.round((performance.now() - began) / 1000)
    const { complaints: wrong, ...counts } =
      typeof figures === 'string' ? { complaints: [`broken: ${figures}`] } : figures
    say(`round ${round + 1}, ${seconds} s: ${JSON.stringify(counts)}`)
    for (const line of wrong) say(`  FAULT_SEED=${dice.seed}: ${line}`)
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count
    complaints.push(...wrong)
  }
} finally {
  await Promise.all([postgres.close(), redis.close()])
}

const of = (invariant: string) => complaints.filter(line => line.startsWith(invariant)).length
say(`in all: ${JSON.stringify(total)}`)
say(
  `lost ${of('I1')}, two live ${of('I2')}, doubles ${of('I3')}, wrong status ${of('I4')}, readable ${of('I5')}, used twice ${of('I6')}`,
)
process.exitCode = complaints.length > 0 ? 1 : 0
