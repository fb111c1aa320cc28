import { setTimeout as pause } from 'node:timers/promises'
import { migrate } from '@sparekey/db/migrate'
import postgres from 'postgres'
import type { TestServer } from '../../support/servers.ts'
import { until } from '../../support/sparekey.ts'
import { check, unclearMails } from './check.ts'
import type { Dice } from './dice.ts'
import { type Script, type Step, startMailServer } from './mail-server.ts'
import type { Part } from './parts.ts'
import { killApis, killWorkers } from './points.ts'
import { lookInto } from './redis.ts'
import { createRig, type Rig } from './rig.ts'

/** What a round did, and what came of it. */
export interface Figures {
  requests: number
  unanswered: number
  faults: number
  /** Processes ended by kill -9, at a point between two steps or at a random moment. */
  kills: number
  mails: number
  /** Mails that a person got twice, and rightly so: the answer to the first was lost. */
  twice: number
  /** Mails that no server was given whole, and that had their tries: see unclearMails. */
  unsent: number
  completions: number
  complaints: string[]
}

const people = 40
const requests = 60
const faultsInRound = 6
/** The longest break between two requests, in milliseconds. */
const breakMs = 250

/**
 * One round on real stores: a kill at each point between two steps, then load, and now and then the worst at a random
 * moment. Then all drains, and is checked.
 */
export async function playRound(
  dice: Dice,
  stores: { postgres: TestServer; redis: TestServer },
): Promise<Figures> {
  const databaseUrl = await newDatabase(stores.postgres, `round_${dice.seed}`)
  const mailServer = await startMailServer()
  const rig = await createRig({ databaseUrl, redisUrl: stores.redis.url, mailServers: [mailServer] })
  let faults = 0
  let kills = 0
  let unanswered = 0
  const running: { [kind in Part['kind']]: Part[] } = { api: [], worker: [] }
  // As a supervisor does: what can't start because a store is away is started again.
  const start = async (kind: Part['kind']) => {
    for (let left = 10; ; left--) {
      try {
        running[kind].push(await rig.part(kind))
        return
      } catch (error) {
        if (left === 0) throw error
      }
    }
  }
  try {
    await flush(stores.redis)
    await Promise.all([start('api'), start('api')])
    const logins = await rig.people(people)
    kills += await killWorkers(rig, mailServer, dice, logins)
    mailServer.play(moody(dice))
    await Promise.all([start('worker'), start('worker')])

    const killOne = async (kind: Part['kind']) => {
      const [victim] = running[kind].splice(dice.below(running[kind].length), 1)
      if (!victim) return
      kills++
      await rig.kill(victim)
      await start(kind)
    }
    let restarting = Promise.resolve()
    const restart = (server: TestServer, signal: NodeJS.Signals) => {
      restarting = restarting.then(() => server.stop(signal)).then(() => server.start())
      return restarting
    }
    const worsts = [
      () => killOne('worker'),
      () => killOne('worker'),
      () => killOne('api'),
      () => restart(stores.redis, 'SIGKILL'),
      () => flush(stores.redis),
      () => restart(stores.postgres, dice.pick(['SIGINT', 'SIGQUIT'])),
    ]

    const plan = Array.from({ length: requests }, (_, i) => ({
      login: dice.pick(logins),
      at: dice.below(2),
      worst: i > 0 && i % Math.floor(requests / faultsInRound) === 0 ? dice.pick(worsts) : undefined,
    }))
    const hurting: Promise<void>[] = []
    for (const { login, at, worst } of plan) {
      if (worst) {
        faults++
        hurting.push(worst())
      }
      const api = running.api[at % Math.max(running.api.length, 1)]
      const answer = await rig.ask(login, api ? { at: api } : {}).catch(() => undefined)
      if (answer?.status !== 202) unanswered++
      await pause(dice.below(breakMs))
    }
    await Promise.all(hurting)
    kills += await killApis(rig, dice, logins)
    await useSome(rig, dice)
    // What is stuck by then the checker names.
    await rig.drained(180_000).catch(() => {})
    // Workers that end in order say goodbye and have written everything down.
    await Promise.all(running.worker.map(worker => worker.end('SIGTERM')))
    return await sum(rig, { unanswered, faults, kills })
  } finally {
    await rig.close()
    await mailServer.close()
    await dropDatabase(stores.postgres, databaseUrl)
  }
}

/** Mostly in a good mood. Each person's mail meets at most two moods, so that all comes to an end. */
function moody(dice: Dice): Script {
  const moods: { phase: string; step: Step; of: number }[] = [
    { phase: 'greeting', step: { code: 421, text: 'too busy' }, of: 0.03 },
    { phase: 'greeting', step: 'cut', of: 0.03 },
    { phase: 'rcpt', step: { code: 450, text: 'greylisted' }, of: 0.05 },
    { phase: 'rcpt', step: { code: 550, text: 'no such person' }, of: 0.02 },
    { phase: 'data', step: { code: 451, text: 'not now' }, of: 0.04 },
    { phase: 'data', step: 'cut', of: 0.04 },
    { phase: 'body', step: 'cut', of: 0.03 },
    { phase: 'message', step: { code: 451, text: 'not now' }, of: 0.04 },
    { phase: 'message', step: { code: 552, text: 'too much' }, of: 0.02 },
    { phase: 'message', step: 'cut', of: 0.06 },
    { phase: 'message', step: 'stall', of: 0.01 },
  ]
  return (phase, { time }) => {
    if (phase !== 'greeting' && time > 1) return 'ok'
    return moods.find(mood => mood.phase === phase && dice.chance(mood.of))?.step ?? 'ok'
  }
}

/** Uses some of the tokens that were mailed, each three times at once. */
async function useSome(rig: Rig, dice: Dice) {
  await until('some mails', () => (rig.given().length > 0 ? true : undefined), 90_000)
  const tokens = [...new Set((await rig.read()).map(({ token }) => token))].filter(
    token => token !== undefined,
  )
  const chosen = tokens.filter(() => dice.chance(0.25))
  await Promise.all(chosen.flatMap(token => [1, 2, 3].map(() => rig.complete(token))))
}

async function sum(rig: Rig, counts: Pick<Figures, 'unanswered' | 'faults' | 'kills'>): Promise<Figures> {
  const evidence = await rig.evidence()
  const taken = evidence.messages.filter(({ answer }) => answer === undefined || answer === 250)
  return {
    ...counts,
    requests: evidence.asked.length,
    mails: evidence.messages.length,
    twice: taken.length - new Set(taken.map(({ mailId }) => mailId)).size,
    unsent: unclearMails(evidence).length,
    completions: evidence.completions.filter(({ status }) => status === 200).length,
    complaints: check(evidence),
  }
}

async function flush({ url }: TestServer): Promise<void> {
  const redis = lookInto(url)
  await redis.call('flushall')
  redis.disconnect()
}

async function newDatabase({ url }: TestServer, name: string): Promise<string> {
  await onServer(url, sql => sql.unsafe(`create database ${name}`))
  const own = new URL(url)
  own.pathname = name
  await migrate(own.href)
  return own.href
}

async function dropDatabase({ url }: TestServer, database: string): Promise<void> {
  await onServer(url, sql =>
    sql.unsafe(`drop database if exists ${new URL(database).pathname.slice(1)} with (force)`),
  )
}

async function onServer(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
