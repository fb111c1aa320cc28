import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openBackend } from '@sparekey/queue/backend'
import { openQueues } from '@sparekey/queue/queues'
import { describe, expect, test } from 'vitest'
import { freshDatabase, freshRedis } from '../support/database.ts'
import { until } from '../support/sparekey.ts'
import { createInside } from './support/inside.ts'
import { startMailServer } from './support/mail-server.ts'
import { createRig } from './support/rig.ts'
import { type Scene, scene } from './support/scene.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const hour = 3_600_000

/** Parts of their own around one scripted mail server. */
async function begin({ open }: Scene) {
  const database = await freshDatabase()
  open({ close: database.drop })
  const mailServer = open(await startMailServer())
  const redisUrl = await freshRedis()
  const rig = open(await createRig({ databaseUrl: database.url, redisUrl, mailServers: [mailServer] }))
  return { rig, mailServer }
}

describe.concurrent('workers', { timeout: 150_000 }, () => {
  test(
    'SIGTERM in mid-send: the worker waits for the answer, and the mail goes out once',
    scene(async set => {
      const { rig, mailServer } = await begin(set)
      let answer = () => {}
      const answered = new Promise<'ok'>(resolve => {
        answer = () => resolve('ok')
      })
      mailServer.play(phase => (phase === 'message' ? answered : 'ok'))
      const [, worker] = await Promise.all([rig.part('api'), rig.part('worker')])
      const [anna = ''] = await rig.people(1)
      await rig.ask(anna)
      await until('the message', () => rig.given()[0])
      worker.signal('SIGTERM')
      await until('its health page gone', async () => {
        const gone = await fetch(`${worker.url}/healthz`).catch(() => 'gone')
        return gone === 'gone' || undefined
      })
      answer()
      expect(await worker.ended).toBe(0)
      const [row] = await rig.sql`select status from reset_requests`
      expect(row?.status).toBe('sent')
      expect(rig.given()).toHaveLength(1)
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'SIGTERM while a mail server says nothing: after its grace the worker lets go, and another sends it once more',
    scene(async set => {
      const { rig, mailServer } = await begin(set)
      mailServer.play((phase, { time }) => (phase === 'message' && time === 0 ? 'stall' : 'ok'))
      const [, worker] = await Promise.all([
        rig.part('api'),
        rig.part('worker', { env: { SHUTDOWN_GRACE: '1' } }),
      ])
      const [anna = ''] = await rig.people(1)
      await rig.ask(anna)
      await until('the message', () => rig.given()[0])
      worker.signal('SIGTERM')
      await rig.part('worker')
      await worker.ended
      await rig.drained(90_000)
      const [row] = await rig.sql`select status from reset_requests`
      expect(row?.status).toBe('sent')
      expect(rig.given().map(({ answer }) => answer)).toEqual([undefined, 250])
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test.for([
    ['before it sends', 'claimed', 1],
    ['after the mail server took the mail', 'answered', 2],
  ] as const)(
    'a worker that stands still past lock and lease %s is fenced out',
    ([, point, mails], context) =>
      scene(async set => {
        const { rig } = await begin(set)
        await rig.part('api')
        const [anna = '', ben = ''] = await rig.people(2)
        const standUntil = join(rig.data, 'go on')
        const still = await rig.part('worker', { point, standUntil })
        await rig.ask(anna)
        await still.halted()
        rig.interrupted(still.name, true)
        const other = await rig.part('worker')
        await until(
          'the other worker to send',
          () => rig.given().find(({ by, answer }) => by !== still.name && answer === 250),
          90_000,
        )
        await rig.drained()
        await writeFile(standUntil, '')
        // It does what it held up, and then ben's mail, which shows that it is through.
        await other.end('SIGTERM')
        await rig.ask(ben)
        await until(
          "ben's mail",
          () => rig.given().find(({ by, to }) => to === ben && by === still.name),
          60_000,
        )
        if (point === 'answered')
          await until('its late words', async () => {
            const [row] =
              await rig.sql`select count(*)::int as count from mail_attempts where outcome = 'accepted'`
            return row?.count === 3 || undefined
          })
        await rig.drained()
        const its = await rig.sql`select status, claim from mails where to_address = ${anna}`
        expect(its).toMatchObject([{ status: 'sent', claim: 2 }])
        expect(rig.given()).toHaveLength(mails + 1)
        expect(await rig.complaints()).toEqual([])
      })(context),
  )

  test.for([
    ['an API an hour ahead', { api: hour, worker: 0 }],
    ['a worker an hour ahead', { api: 0, worker: hour }],
    ['a worker an hour behind', { api: 0, worker: -hour }],
  ] as const)('%s: mails are tried again in time, links live as long as they should', ([, off], context) =>
    scene(async set => {
      const { rig, mailServer } = await begin(set)
      mailServer.play((phase, { time, to }) =>
        phase === 'message' && time === 0 && to.startsWith('person0') ? { code: 451, text: 'not now' } : 'ok',
      )
      await Promise.all([rig.part('api', { clockMs: off.api }), rig.part('worker', { clockMs: off.worker })])
      const logins = await rig.people(3)
      for (const login of logins) await rig.ask(login)
      await rig.drained()
      const rows = await rig.sql`select status, expires_at - sent_at as lives from reset_requests`
      expect([...rows]).toEqual(logins.map(() => ({ status: 'sent', lives: '00:30:00' })))
      const [token] = (await rig.read(logins[1])).map(message => message.token)
      expect(await rig.complete(token ?? '')).toBe(200)
      await rig.drained()
      expect(rig.given()).toHaveLength(5)
      expect(await rig.complaints()).toEqual([])
    })(context),
  )

  test(
    'the same job ten times, at once and again afterwards: one mail',
    scene(async ({ open }) => {
      const rig = open(await createInside())
      const [anna = ''] = await rig.people(1)
      const queues = openQueues({
        backend: openBackend({ redisUrl: rig.redisUrl, databaseUrl: rig.sparekey.databaseUrl }),
        log: quiet,
      })
      open(queues)
      await queues.pause('mail')
      const requestId = (await rig.ask(anna))?.body.id as string
      const again = (round: string) =>
        queues.add(
          'mail',
          Array.from({ length: 10 }, (_, i) => ({ id: `${round}-${i}`, data: { requestId } })),
        )
      await again('first')
      await queues.resume('mail')
      await rig.drained()
      await again('second')
      await until(
        'all jobs done',
        async () => {
          const { waiting = 0, active = 0, delayed = 0 } = (await queues.view('mail')).counts
          return waiting + active + delayed === 0 || undefined
        },
        60_000,
      )
      expect(rig.given()).toHaveLength(1)
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'a burst of ten times the usual: everybody is answered 202, and mailed once',
    scene(async ({ open, dice }) => {
      const rig = open(await createInside({ concurrency: 10 }))
      const logins = await rig.people(200)
      const order = logins.map(login => ({ login, at: dice.random() })).sort((a, b) => a.at - b.at)
      await Promise.all(order.map(({ login }) => rig.ask(login)))
      expect(rig.asked).toHaveLength(200)
      await rig.drained(90_000)
      expect(rig.given()).toHaveLength(200)
      expect(await rig.complaints()).toEqual([])
    }),
  )
})
