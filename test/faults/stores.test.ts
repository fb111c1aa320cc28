import { migrate } from '@sparekey/db/migrate'
import { describe, expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { startPostgres } from '../support/servers.ts'
import { until } from '../support/sparekey.ts'
import { deployParts } from './support/deployed.ts'
import { startMailServer } from './support/mail-server.ts'
import { startProxy, type Verdict } from './support/proxy.ts'
import { lookInto, startRedis } from './support/redis.ts'
import type { Rig } from './support/rig.ts'
import { scene } from './support/scene.ts'
import { mayMount, mountSmallDisk } from './support/small-disk.ts'

const load = 40

if (!mayMount)
  process.stderr.write(
    'test/faults/stores.test.ts skips the test of a full disk: this user may mount no file system\n',
  )

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

describe.concurrent('stores', { timeout: 150_000 }, () => {
  test.for([
    ['with its append-only log, killed', ['killed']],
    ['without, killed and then emptied by FLUSHALL', ['killed', 'emptied']],
  ] as const)('Redis %s under load: every 202 ends, every mail goes out once', ([how, faults], context) =>
    scene(async set => {
      const { open, dice } = set
      const redis = open(await startRedis({ log: how.startsWith('with its') }))
      const rig = await deployParts(set, { redisUrl: redis.url, concurrency: 5 })
      const logins = await rig.people(load * faults.length)
      for (const [i, fault] of faults.entries()) {
        await under(rig, logins.slice(i * load, (i + 1) * load), dice.below(load), async () => {
          if (fault === 'killed') {
            await redis.stop('SIGKILL')
            await redis.start()
            return
          }
          const client = lookInto(redis.url)
          await client.call('flushall')
          client.disconnect()
        })
        expect(rig.asked).toHaveLength((i + 1) * load)
        await rig.ageLost()
        await rig.drained(90_000)
        expect(rig.given()).toHaveLength((i + 1) * load)
      }
      expect(await rig.complaints()).toEqual([])
    })(context),
  )

  test(
    'Postgres stopped by SIGINT and SIGQUIT under load and back: no 202 without its row, and every one ends',
    scene(async set => {
      const { open, dice } = set
      const server = open(await startPostgres())
      await migrate(server.url)
      const rig = await deployParts(set, {
        database: { url: server.url, direct: server.url },
        concurrency: 5,
      })
      const logins = await rig.people(2 * load)
      for (const [i, signal] of (['SIGINT', 'SIGQUIT'] as const).entries()) {
        const asking = logins.slice(i * load, (i + 1) * load)
        await under(rig, asking, dice.below(load), async () => {
          await server.stop(signal)
          await server.start()
        })
        // Whoever was told 503 asks again; a row that the first call left behind is another request.
        const told = new Set(rig.asked.map(({ login }) => login))
        for (const login of asking.filter(login => !told.has(login)))
          await until('the next call to be taken', async () => {
            return (await rig.ask(login))?.status === 202 || undefined
          })
        await rig.ageLost()
        await rig.drained(90_000)
        expect(new Set(rig.given().map(({ to }) => to)).size).toBe((i + 1) * load)
      }
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'a line broken at one statement or at COMMIT, before or after it arrives: 503, and never a 202 without its row',
    scene(async set => {
      const { open } = set
      const database = await freshDatabase()
      open({ close: database.drop })
      let judge: (said: string, line: number) => Verdict = () => 'pass'
      const proxy = open(await startProxy(database.url, (said, line) => judge(said, line)))
      const rig = await deployParts(set, { database: { url: proxy.url, direct: database.url } })
      const logins = await rig.people(4)
      const cases = [
        ['one statement', 'cut before', 0],
        ['one statement', 'cut after', 1],
        ['COMMIT', 'cut before', 0],
        ['COMMIT', 'cut after', 1],
      ] as const
      for (const [i, [what, verdict, rows]] of cases.entries()) {
        const about = `${what}, ${verdict}`
        const anna = logins[i] ?? ''
        const hers = () => rig.sql`select id from reset_requests where login = ${anna}`
        const headers = { 'idempotency-key': `the-same-each-time-${i}` }
        let cuts = 0
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
        expect(cuts, about).toBe(1)
        expect(broken, about).toMatchObject({ status: 503, body: { code: 'unavailable' } })
        // What arrived may be carried out a little later than the line's end is noticed.
        await until(about, async () => (await hers()).length === rows || undefined)
        if (what === 'COMMIT') {
          const again = await rig.ask(anna, { headers })
          expect(again?.status, about).toBe(202)
          expect(await hers(), about).toHaveLength(1)
        }
        await rig.ageLost()
        await rig.drained(60_000)
        const mails = rig.given().filter(({ to }) => to === anna)
        expect(mails, about).toHaveLength(what === 'COMMIT' ? 1 : rows)
      }
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'a line broken as a lost answer of the mail server is written down: counted once, so that the mail has its second try',
    scene(async set => {
      const { open } = set
      const database = await freshDatabase()
      open({ close: database.drop })
      let cuts = 0
      // A server's words are among a statement's values.
      const proxy = open(
        await startProxy(database.url, said =>
          said.includes('lost_after_data') && cuts++ === 0 ? 'cut after' : 'pass',
        ),
      )
      const server = await startMailServer((phase, { time }) =>
        phase === 'message' && time === 0 ? 'cut' : 'ok',
      )
      const rig = await deployParts(set, {
        database: { url: proxy.url, direct: database.url },
        mailServers: [server],
      })
      const [anna = ''] = await rig.people(1)
      await rig.ask(anna)
      await rig.drained(60_000)
      expect(cuts).toBeGreaterThan(0)
      expect(await rig.sql`select status, lost from mails`).toMatchObject([{ status: 'sent', lost: 1 }])
      expect(rig.given()).toHaveLength(2)
    }),
  )

  test.skipIf(!mayMount)(
    'a full disk under Postgres: 503 and never a 202 without its row, and all goes out once there is space',
    scene(async set => {
      const { open } = set
      const disk = mountSmallDisk(128)
      if (!disk) throw new Error('the disk could not be mounted')
      open(disk)
      const server = open(await startPostgres({ within: disk.folder }))
      await migrate(server.url)
      const rig = await deployParts(set, { database: { url: server.url, direct: server.url } })
      const logins = await rig.people(load)
      expect((await rig.ask(logins[0] ?? ''))?.status).toBe(202)
      await rig.sql`checkpoint`
      await disk.fill()
      const told: (number | undefined)[] = []
      // What pages that are there already have room for is kept; after that nothing is.
      const full = async () => {
        for (const login of logins) told.push((await rig.ask(login))?.status)
        return told.slice(-load).every(status => status === 503) || undefined
      }
      await until('every call to be refused', full, 60_000)
      expect(told.filter(status => status !== 202 && status !== 503)).toEqual([])
      await disk.free()
      // Its log may have had no room either: then it went down by itself.
      await server.stop().catch(() => {})
      await server.start()
      const last = await until('a call to be taken', async () => {
        const answer = await rig.ask(logins[0] ?? '')
        return answer?.status === 202 ? answer : undefined
      })
      expect(last.body.id).toBeTruthy()
      await rig.ageLost()
      await rig.drained(90_000)
      expect(await rig.complaints()).toEqual([])
    }),
  )
})
