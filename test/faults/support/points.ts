import type { Point } from '@sparekey/reset/context'
import { until } from '../../support/sparekey.ts'
import type { Dice } from './dice.ts'
import type { MailServer } from './mail-server.ts'
import type { Rig } from './rig.ts'

/** What a worker did last when it is killed in a mail's later try, and in its first: between each pair of its steps. */
const laterPoints = ['claimed'] as const
const firstPoints = ['minted', 'composed', 'begun', 'answered', 'settled'] as const
export const workerPoints = [...laterPoints, ...firstPoints] as const
/** The same of an API: after a request's row, before its job and after it, before a password's change and after it. */
const askPoints = ['written', 'promised', 'enqueued'] as const
export const apiPoints = [...askPoints, 'hashed', 'changed'] as const

/**
 * Asks for one person each, and kills a worker at each point with one of their mails in hand; the order is drawn.
 * Wants that no other worker runs, and sets the mail server's script. Resolves to how many it killed.
 */
export async function killWorkers(
  rig: Rig,
  mailServer: MailServer,
  dice: Dice,
  logins: readonly string[],
): Promise<number> {
  const [later, first] = [logins.slice(0, laterPoints.length), logins.slice(laterPoints.length)]
  mailServer.play((phase, { to, time }) =>
    phase === 'rcpt' && time === 0 && later.includes(to) ? 'cut' : 'ok',
  )
  return (await killAtEach(rig, dice, laterPoints, later)) + (await killAtEach(rig, dice, firstPoints, first))
}

async function killAtEach(
  rig: Rig,
  dice: Dice,
  points: readonly Point[],
  logins: readonly string[],
): Promise<number> {
  // Each halts with one mail in hand, so that every point is passed.
  const victims = await Promise.all(
    points.map(point => rig.part('worker', { point, env: { WORKER_CONCURRENCY: '1' } })),
  )
  await Promise.all(logins.slice(0, victims.length).map(login => rig.ask(login)))
  await Promise.all(victims.map(victim => victim.halted()))
  await rig.look('while workers stood between steps')
  const count = victims.length
  while (victims.length > 0) {
    const [victim] = victims.splice(dice.below(victims.length), 1)
    if (victim) await rig.kill(victim)
  }
  return count
}

/** Kills an API at each point, in the middle of a call of its own. Wants mails to come. Resolves to how many it killed. */
export async function killApis(rig: Rig, dice: Dice, logins: readonly string[]): Promise<number> {
  const victims = await Promise.all(apiPoints.map(point => rig.part('api', { point })))
  const used = new Set<string>()
  for (const [i, victim] of victims.entries()) {
    const halted = victim.halted().then(() => true)
    halted.catch(() => {})
    if (i < askPoints.length) void rig.ask(dice.pick(logins), { at: victim })
    else
      await until(
        'a token that still works',
        async () => {
          const token = (await rig.read()).findLast(({ token }) => token && !used.has(token))?.token
          if (!token) return undefined
          used.add(token)
          // A newer request may have voided it: then there is an answer, and the next one is tried.
          const answered = rig.complete(token, victim).then(() => undefined)
          return await Promise.race([halted, answered])
        },
        60_000,
      )
    await halted
    await rig.look('while an API stood between steps')
    await rig.kill(victim)
  }
  return victims.length
}
