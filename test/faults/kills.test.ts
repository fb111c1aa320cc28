import { describe, expect, test } from 'vitest'
import { freshDatabase, freshRedis } from '../support/database.ts'
import { until } from '../support/sparekey.ts'
import { createRig, type Rig } from './support/rig.ts'
import { type Scene, scene } from './support/scene.ts'

/** How long it may take after a kill until everything is done. */
const backMs = 60_000

async function begin({ open }: Scene): Promise<Rig> {
  const database = await freshDatabase()
  open({ close: database.drop })
  return open(await createRig({ databaseUrl: database.url, redisUrl: await freshRedis() }))
}

const points = ['minted', 'claimed', 'begun', 'answered', 'settled'] as const

describe.concurrent('kill -9', { timeout: 240_000 }, () => {
  test(
    'workers killed between each pair of steps: all is back within a minute, and only a lost answer costs a second mail',
    scene(async set => {
      const rig = await begin(set)
      await rig.part('api')
      const logins = await rig.people(points.length)
      // Each takes one job and halts with it, so that all points are passed in one minute.
      const victims = await Promise.all(
        points.map(point => rig.part('worker', { point, env: { WORKER_CONCURRENCY: '1' } })),
      )
      await Promise.all(logins.map(login => rig.ask(login)))
      await Promise.all(victims.map(victim => victim.halted()))
      await rig.look('while workers stood between steps')
      while (victims.length > 0) {
        const [victim] = victims.splice(set.dice.below(victims.length), 1)
        if (victim) await rig.kill(victim)
      }
      const worker = await rig.part('worker')
      await rig.drained(backMs)
      expect(rig.asked).toHaveLength(points.length)
      expect(await rig.complaints()).toEqual([])
      // One for each request, and a second one for what the mail server took before its worker died.
      expect(rig.given()).toHaveLength(points.length + 1)
      const statuses = await rig.sql`select distinct status from reset_requests`
      expect(statuses.map(({ status }) => status)).toEqual(['sent'])
      expect(await worker.end('SIGTERM')).toBe(0)
    }),
  )

  test(
    'APIs killed after a row, before a change and after it: no 202 is lost, no token works twice',
    scene(async set => {
      const rig = await begin(set)
      const [api] = await Promise.all([rig.part('api'), rig.part('worker')])
      const [anna = '', ben = '', cleo = ''] = await rig.people(3)
      const tokens = new Map<string, string>()
      for (const login of [ben, cleo]) {
        await rig.ask(login, { at: api })
        tokens.set(login, await until('a token', async () => (await rig.read(login))[0]?.token))
      }
      await rig.drained()

      const [written, hashed, changed] = await Promise.all([
        rig.part('api', { point: 'written' }),
        rig.part('api', { point: 'hashed' }),
        rig.part('api', { point: 'changed' }),
      ])
      const broken = Promise.all([
        rig.ask(anna, { at: written }),
        rig.complete(tokens.get(ben) ?? '', hashed),
        rig.complete(tokens.get(cleo) ?? '', changed),
      ])
      const victims = [written, hashed, changed]
      await Promise.all(victims.map(victim => victim.halted()))
      await rig.look('while APIs stood between steps')
      await Promise.all(victims.map(rig.kill))
      expect(await broken).toEqual([undefined, undefined, undefined])
      // Before the change nothing was used up, after it everything was.
      expect(await rig.complete(tokens.get(ben) ?? '', api)).toBe(200)
      for (const token of tokens.values()) expect(await rig.complete(token, api)).toBe(410)
      // Nobody was told 202, but the row is there: anna gets her mail without asking again, and cleo her notice.
      for (const [login, count] of [
        [anna, 1],
        [ben, 2],
        [cleo, 2],
      ] as const)
        await until(
          `mail ${count} to ${login}`,
          () => rig.given().filter(({ to }) => to === login)[count - 1],
          backMs,
        )
      await rig.drained(backMs)
      expect(await rig.complaints()).toEqual([])
      expect(rig.given()).toHaveLength(5)
    }),
  )
})
