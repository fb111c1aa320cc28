import { describe, expect, test } from 'vitest'
import { standIn } from '../security/support/stand-in.ts'
import { isLong } from '../support/long.ts'
import { until } from '../support/sparekey.ts'
import { deployParts } from './support/deployed.ts'
import { apiPoints, killWorkers, workerPoints } from './support/points.ts'
import { scene } from './support/scene.ts'

/** How long it may take after a kill until everything is done. */
const backMs = 60_000

describe.concurrent('kill -9', { timeout: 240_000 }, () => {
  test(
    'workers killed between each pair of steps, in a first try, in a later one and while it connects: all is back within a minute, and only a lost answer costs a second mail',
    scene(async set => {
      const { mailServer, ...rig } = await deployParts(set, { worker: false })
      const points = workerPoints.length
      expect(await killWorkers(rig, mailServer, set.dice, await rig.people(points))).toBe(points)
      await rig.endLeases()
      // All but the one that was settled are tried again, by a worker that gets no further than to a silent server.
      mailServer.play(phase => (phase === 'greeting' ? 'stall' : 'ok'))
      const before = mailServer.times('greeting')
      const silenced = await rig.part('worker')
      const connecting = () => mailServer.times('greeting') - before >= points - 1 || undefined
      await until('it to connect for each', connecting, 120_000)
      await rig.kill(silenced)
      await rig.endLeases()
      mailServer.play(() => 'ok')
      const worker = await rig.part('worker')
      await rig.drained(backMs)
      expect(rig.asked).toHaveLength(points)
      expect(await rig.complaints()).toEqual([])
      // One for each request, and a second one for what the mail server took before its worker died.
      expect(rig.given()).toHaveLength(points + 1)
      // Of what was killed, only what had a message on its way counts as tried.
      const [cut] = await rig.sql`select count(*)::int as count from mail_attempts where transport = 'worker'`
      expect(cut?.count).toBe(2)
      const statuses = await rig.sql`select distinct status from reset_requests`
      expect(statuses.map(({ status }) => status)).toEqual(['sent'])
      expect(await worker.end('SIGTERM')).toBe(0)
    }),
  )

  test(
    'a worker killed after a webhook was posted and before that was written down: it is told again, with the same id',
    scene(async set => {
      const told: string[] = []
      const receiver = await standIn(({ headers }) => told.push(headers['webhook-id'] ?? ''))
      set.open({ close: async () => receiver.close() })
      const rig = await deployParts(set, { worker: false })
      const [anna = ''] = await rig.people(1)
      await rig.call('POST', '/v1/webhooks', { url: receiver.url, events: ['reset.sent'] })
      const env = { WEBHOOK_ALLOW: '127.0.0.1' }
      const victim = await rig.part('worker', { point: 'posted', env })
      await rig.ask(anna)
      await victim.halted()
      expect(told).toHaveLength(1)
      await rig.kill(victim)
      await rig.endLeases()
      await rig.part('worker', { env })
      const delivery = await until(
        'it to be told',
        async () => {
          const [row] = await rig.sql`select id from webhook_deliveries where status = 'delivered'`
          return row
        },
        90_000,
      )
      expect(told).toEqual([delivery.id, delivery.id])
      await rig.drained(backMs)
      expect(rig.given()).toHaveLength(1)
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'APIs killed after a row, before its job and after it, before a change and after it: no 202 is lost, no token works twice',
    scene(async set => {
      const rig = await deployParts(set)
      const [anna = '', ben = '', cleo = '', dora = '', emil = ''] = await rig.people(5)
      const tokens = new Map<string, string>()
      for (const login of [ben, cleo]) {
        await rig.ask(login)
        tokens.set(login, await until('a token', async () => (await rig.read(login))[0]?.token))
      }
      await rig.drained()

      const victims = await Promise.all(apiPoints.map(point => rig.part('api', { point })))
      const [written, promised, enqueued, hashed, changed] = victims
      const broken = Promise.all([
        rig.ask(anna, { at: written }),
        rig.complete(tokens.get(ben) ?? '', hashed),
        rig.complete(tokens.get(cleo) ?? '', changed),
      ])
      const told = await Promise.all([rig.ask(emil, { at: promised }), rig.ask(dora, { at: enqueued })])
      expect(told.map(answer => answer?.status)).toEqual([202, 202])
      await Promise.all(victims.map(victim => victim.halted()))
      await rig.look('while APIs stood between steps')
      await Promise.all(victims.map(rig.kill))
      expect(await broken).toEqual([undefined, undefined, undefined])
      // Before the change nothing was used up, after it everything was.
      expect(await rig.complete(tokens.get(ben) ?? '')).toBe(200)
      for (const token of tokens.values()) expect(await rig.complete(token)).toBe(410)
      if (!isLong) await rig.ageLost()
      // Anna was told nothing, but her row is there: she, too, gets her mail without asking again, cleo her notice.
      for (const [login, count] of [
        [anna, 1],
        [emil, 1],
        [dora, 1],
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
      expect(rig.given()).toHaveLength(7)
    }),
  )
})
