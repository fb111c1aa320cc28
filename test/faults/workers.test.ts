import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isLong } from '../support/long.ts'
import { until } from '../support/sparekey.ts'
import { deployParts } from './support/deployed.ts'
import type { Rig } from './support/rig.ts'
import { scene } from './support/scene.ts'

const hour = 3_600_000

/** What a worker may take to hand a mail over; and its lease is longer, as in production. */
const sendDeadline = isLong ? {} : { sendDeadlineMs: 5_000 }

/** Waits until whoever began to send can't go on by its own clock, and its lease is over. */
async function endTurns({ sql, endLeases }: Pick<Rig, 'sql' | 'endLeases'>) {
  if (isLong) return
  await until('the time to send to be over', async () => {
    const [row] = await sql`select bool_and(lease_until - interval '34 seconds' < now()) as over from mails
      where lease_until is not null`
    return row?.over || undefined
  })
  await endLeases()
}

describe.concurrent('workers', { timeout: 150_000 }, () => {
  test(
    'SIGTERM in mid-send: the worker waits for the answer, and the mail goes out once',
    scene(async set => {
      const { mailServer, ...rig } = await deployParts(set, { worker: false })
      let answer = () => {}
      const answered = new Promise<'ok'>(resolve => {
        answer = () => resolve('ok')
      })
      mailServer.play(phase => (phase === 'message' ? answered : 'ok'))
      const worker = await rig.part('worker')
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
      const { mailServer, ...rig } = await deployParts(set, { worker: false })
      mailServer.play((phase, { time }) => (phase === 'message' && time === 0 ? 'stall' : 'ok'))
      const worker = await rig.part('worker', { env: { SHUTDOWN_GRACE: '1' } })
      const [anna = ''] = await rig.people(1)
      await rig.ask(anna)
      await until('the message', () => rig.given()[0])
      worker.signal('SIGTERM')
      rig.interrupted(worker.name)
      await rig.part('worker')
      await worker.ended
      await rig.endLeases()
      await rig.drained(90_000)
      const [row] = await rig.sql`select status from reset_requests`
      expect(row?.status).toBe('sent')
      expect(rig.given().map(({ answer }) => answer)).toEqual([undefined, 250])
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test.for([
    ['before it speaks to the mail server', 'composed', 1],
    ['after the mail server took the mail', 'answered', 2],
    ['before the message goes out', 'begun', 1],
  ] as const)(
    'a worker that stands still past lock and lease %s is fenced out',
    ([, point, mails], context) =>
      scene(async set => {
        const rig = await deployParts(set, { worker: false })
        const [anna = '', ben = ''] = await rig.people(2)
        const standUntil = join(rig.data, 'go on')
        const still = await rig.part('worker', { point, standUntil, ...sendDeadline })
        await rig.ask(anna)
        await still.halted()
        rig.interrupted(still.name, true)
        // When it has composed a first mail, its COMMIT is not sent: it has locks, which Postgres takes from it, and no lease.
        const committed = point !== 'composed'
        expect([...(await rig.sql`select claim from mails`)]).toEqual(committed ? [{ claim: 1 }] : [])
        const other = await rig.part('worker')
        if (committed) await endTurns(rig)
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
        expect(its).toMatchObject([{ status: 'sent', claim: committed ? 2 : 1 }])
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
      const { mailServer, ...rig } = await deployParts(set, { worker: false })
      mailServer.play((phase, { time, to }) =>
        phase === 'message' && time === 0 && to.startsWith('person0') ? { code: 451, text: 'not now' } : 'ok',
      )
      if (off.api) await rig.part('api', { clockMs: off.api })
      await rig.part('worker', { clockMs: off.worker })
      const logins = await rig.people(3)
      for (const login of logins) await rig.ask(login)
      await rig.drained()
      const rows =
        await rig.sql`select status, expires_at - sent_at between '00:29:59' and '00:30:00' as lives
        from reset_requests`
      expect([...rows]).toEqual(logins.map(() => ({ status: 'sent', lives: true })))
      const [token] = (await rig.read(logins[1])).map(message => message.token)
      expect(await rig.complete(token ?? '')).toBe(200)
      await rig.drained()
      expect(rig.given()).toHaveLength(5)
      expect(await rig.complaints()).toEqual([])
    })(context),
  )

  test.for([
    ['over its first line', false],
    ['for a mail that was begun as it was minted', true],
  ] as const)(
    'a worker frozen in mid-conversation past its lease wakes to the go-ahead for its message, and keeps it: %s',
    ([, warm], context) =>
      scene(async set => {
        const { mailServer, ...rig } = await deployParts(set, { worker: false })
        let goAhead = () => {}
        const held = new Promise<'ok'>(resolve => {
          goAhead = () => resolve('ok')
        })
        mailServer.play((phase, { to, time }) =>
          phase === 'data' && to === 'person0@example.com' && time === 0 ? held : 'ok',
        )
        const frozen = await rig.part('worker', sendDeadline)
        const [anna = '', ben = '', carl = ''] = await rig.people(3)
        if (warm) {
          await rig.ask(carl)
          await until("carl's mail", () => rig.given()[0]?.answer)
        }
        await rig.ask(anna)
        await until('DATA', () => mailServer.times('data', anna) || undefined)
        const [mail] = await rig.sql`select status from mails where to_address = ${anna}`
        expect(mail?.status).toBe(warm ? 'sending' : 'queued')
        frozen.signal('SIGSTOP')
        rig.interrupted(frozen.name, true)
        const other = await rig.part('worker')
        await endTurns(rig)
        await until(
          "the other's mail",
          () => rig.given().find(({ to, by }) => to === anna && by === other.name),
          90_000,
        )
        await rig.drained()
        goAhead()
        await other.end('SIGTERM')
        frozen.signal('SIGCONT')
        await rig.ask(ben)
        await until(
          "ben's mail",
          () => rig.given().find(({ to, by }) => to === ben && by === frozen.name),
          60_000,
        )
        await rig.drained()
        expect(rig.given().filter(({ to }) => to === anna)).toHaveLength(1)
        expect(await rig.complaints()).toEqual([])
      })(context),
  )

  test(
    'a worker killed before a server that was ready has heard of the mail: it costs a try, and the mail goes out once',
    scene(async set => {
      const { mailServer, ...rig } = await deployParts(set, { worker: false })
      const [anna = '', ben = ''] = await rig.people(2)
      mailServer.play((phase, { to, time }) =>
        phase === 'rcpt' && to === ben && time === 0 ? 'stall' : 'ok',
      )
      const victim = await rig.part('worker')
      await rig.ask(anna)
      await until("anna's mail", () => rig.given()[0])
      await rig.ask(ben)
      await until("ben's mail on the line", () => mailServer.times('rcpt', ben) || undefined)
      const [mail] = await rig.sql`select status from mails where to_address = ${ben}`
      expect(mail?.status).toBe('sending')
      await rig.kill(victim)
      await rig.endLeases()
      await rig.part('worker')
      await rig.drained(90_000)
      const tries = await rig.sql`select outcome from mail_attempts join mails on mails.id = mail_id
        where to_address = ${ben} order by mail_attempts.id`
      expect(tries.map(({ outcome }) => outcome)).toEqual(['lost_after_data', 'accepted'])
      expect(rig.given().map(({ to }) => to)).toEqual([anna, ben])
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'a worker an hour ahead that puts a mail off and dies: the mail goes out in time all the same',
    scene(async set => {
      const { mailServer, ...rig } = await deployParts(set, { worker: false })
      mailServer.play((phase, { time }) =>
        phase === 'message' && time === 0 ? { code: 451, text: 'not now' } : 'ok',
      )
      const ahead = await rig.part('worker', { clockMs: hour })
      const [anna = ''] = await rig.people(1)
      await rig.ask(anna)
      await until('its job to sleep', async () => {
        const [row] = await rig.sql`select tries from mails`
        return (row?.tries === 1 && (await rig.queues.view('mail')).counts.delayed === 1) || undefined
      })
      await rig.kill(ahead)
      if (!isLong) await rig.ageLost()
      await rig.part('worker')
      await rig.drained(90_000)
      const [row] = await rig.sql`select status from reset_requests`
      expect(row?.status).toBe('sent')
      expect(rig.given().map(({ answer }) => answer)).toEqual([451, 250])
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'a worker killed with the answer in hand, whose token is used meanwhile: its mail ends, and is not sent again',
    scene(async set => {
      const rig = await deployParts(set, { worker: false })
      const victim = await rig.part('worker', { point: 'answered' })
      const [anna = ''] = await rig.people(1)
      await rig.ask(anna)
      await victim.halted()
      await rig.kill(victim)
      const [mail] = await rig.read(anna)
      expect(await rig.complete(mail?.token ?? '')).toBe(200)
      await rig.endLeases()
      await rig.part('worker')
      await rig.drained(120_000)
      const mails = await rig.sql`select kind, status from mails order by kind`
      expect([...mails]).toEqual([
        { kind: 'notice', status: 'sent' },
        { kind: 'reset', status: 'unknown' },
      ])
      expect(rig.given()).toHaveLength(2)
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'the same job ten times, at once and again afterwards: one mail',
    scene(async set => {
      const rig = await deployParts(set)
      const [anna = ''] = await rig.people(1)
      const { queues } = rig
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
          // Those that came while the first was sending wait for its lease to be over.
          return waiting + active + (isLong ? delayed : 0) === 0 || undefined
        },
        60_000,
      )
      expect(rig.given()).toHaveLength(1)
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'a burst of ten times the usual: everybody is answered 202, and mailed once',
    scene(async set => {
      const rig = await deployParts(set, { concurrency: 10 })
      const logins = await rig.people(200)
      const order = logins.map(login => ({ login, at: set.dice.random() })).sort((a, b) => a.at - b.at)
      await Promise.all(order.map(({ login }) => rig.ask(login)))
      expect(rig.asked).toHaveLength(200)
      await rig.drained(90_000)
      expect(rig.given()).toHaveLength(200)
      expect(await rig.complaints()).toEqual([])
    }),
  )
})
