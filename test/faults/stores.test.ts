import { migrate } from '@sparekey/db/migrate'
import { describe, expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { startPostgres } from '../support/servers.ts'
import { createInside } from './support/inside.ts'
import { startProxy, type Verdict } from './support/proxy.ts'
import { lookInto, startRedis } from './support/redis.ts'
import type { Rig } from './support/rig.ts'
import { scene } from './support/scene.ts'

const load = 40

/** Asks for everybody, and does its worst once so many have asked. Resolves when everybody was answered. */
async function under(
  rig: Pick<Rig, 'ask'>,
  logins: readonly string[],
  after: number,
  worst: () => Promise<unknown>,
) {
  const first = logins.slice(0, after).map(login => rig.ask(login))
  const hurt = worst()
  const rest = logins.slice(after).map(login => rig.ask(login))
  await Promise.all([...first, ...rest, hurt])
}

/** Makes what lost its job old enough for the next round of housekeeping. */
async function ageLost({ sql }: Pick<Rig, 'sql'>) {
  await sql`update reset_requests set enqueued_at = enqueued_at - interval '1 minute' where status = 'accepted'`
  await sql`update mails set next_try_at = next_try_at - interval '1 minute' where status in ('queued', 'sending')`
}

describe.concurrent('stores', { timeout: 150_000 }, () => {
  test.for([
    'killed and back with nothing',
    'killed and back with its append-only log',
    'emptied by FLUSHALL',
  ] as const)('Redis %s under load: every 202 ends, every mail goes out once', (how, context) =>
    scene(async ({ open, dice }) => {
      const redis = open(await startRedis({ log: how.includes('log') }))
      const rig = open(await createInside({ redisUrl: redis.url, concurrency: 5 }))
      const logins = await rig.people(load)
      await under(rig, logins, dice.below(load), async () => {
        if (how.includes('FLUSHALL')) {
          const client = lookInto(redis.url)
          await client.call('flushall')
          client.disconnect()
          return
        }
        await redis.stop('SIGKILL')
        await redis.start()
      })
      expect(rig.asked).toHaveLength(load)
      await ageLost(rig)
      await rig.drained(90_000)
      expect(rig.given()).toHaveLength(load)
      expect(await rig.complaints()).toEqual([])
    })(context),
  )

  test.for(['SIGINT', 'SIGQUIT'] as const)(
    'Postgres stopped with %s under load and back: no 202 without its row, and every one ends',
    (signal, context) =>
      scene(async ({ open, dice }) => {
        const server = open(await startPostgres())
        await migrate(server.url)
        const rig = open(
          await createInside({ database: { url: server.url, direct: server.url }, concurrency: 5 }),
        )
        const logins = await rig.people(load)
        await under(rig, logins, dice.below(load), async () => {
          await server.stop(signal)
          await server.start()
        })
        // Whoever was told 503 asks again; a row that the first call left behind is another request.
        const told = new Set(rig.asked.map(({ login }) => login))
        for (const login of logins) if (!told.has(login)) await rig.ask(login)
        await ageLost(rig)
        await rig.drained(90_000)
        expect(new Set(rig.given().map(({ to }) => to)).size).toBe(load)
        expect(await rig.complaints()).toEqual([])
      })(context),
  )

  test.for([
    ['one statement', 'cut before', 0],
    ['one statement', 'cut after', 1],
    ['COMMIT', 'cut before', 0],
    ['COMMIT', 'cut after', 1],
  ] as const)(
    'a line broken at %s, %s it arrives: 503, and never a 202 without its row',
    ([what, verdict, rows], context) =>
      scene(async ({ open }) => {
        const database = await freshDatabase()
        open({ close: database.drop })
        let cuts = 0
        let judge: (said: string, line: number) => Verdict = () => 'pass'
        const proxy = open(await startProxy(database.url, (said, line) => judge(said, line)))
        const rig = open(await createInside({ database: { url: proxy.url, direct: database.url } }))
        const [anna = ''] = await rig.people(1)
        const headers = { 'idempotency-key': 'the-same-each-time' }
        let inserting: number | undefined
        judge = (said, line) => {
          // What follows the row on its line is the COMMIT, where its key is written with it.
          const row = said.includes(anna)
          const there = what === 'COMMIT' ? line === inserting : row
          if (row) inserting = line
          if (!there || cuts > 0) return 'pass'
          cuts++
          return verdict
        }
        const broken = await rig.ask(anna, what === 'COMMIT' ? { headers } : {})
        expect(cuts).toBe(1)
        expect(broken).toMatchObject({ status: 503, body: { code: 'unavailable' } })
        expect(await rig.sql`select id from reset_requests`).toHaveLength(rows)
        if (what === 'COMMIT') {
          const again = await rig.ask(anna, { headers })
          expect(again?.status).toBe(202)
          expect(await rig.sql`select id from reset_requests`).toHaveLength(1)
        }
        await ageLost(rig)
        await rig.drained(60_000)
        expect(rig.given()).toHaveLength(what === 'COMMIT' ? 1 : rows)
        expect(await rig.complaints()).toEqual([])
      })(context),
  )
})
