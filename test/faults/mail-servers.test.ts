import { describe, expect, test } from 'vitest'
import { until } from '../support/sparekey.ts'
import { deployParts } from './support/deployed.ts'
import { type MailServer, type Phase, type Step, startMailServer } from './support/mail-server.ts'
import { scene } from './support/scene.ts'

/** What becomes of a mail that meets this at its first try, and how often a server has it whole then. */
interface Meeting {
  phase: Phase
  step: Step
  ends: 'sent' | 'failed'
  whole: number
}

const reply = (code: number) => ({ code, text: `${code === 450 ? 'greylisted, ' : ''}says the script` })
const phases: Phase[] = ['rcpt', 'data', 'message']
const meetings: Meeting[] = [
  ...phases.flatMap(phase =>
    [421, 450, 451, 550, 552].map((code): Meeting => {
      const final = code >= 500
      const seen = phase === 'message' ? 1 : 0
      return { phase, step: reply(code), ends: final ? 'failed' : 'sent', whole: final ? seen : seen + 1 }
    }),
  ),
  { phase: 'data', step: 'cut', ends: 'sent', whole: 1 },
  { phase: 'body', step: 'cut', ends: 'sent', whole: 1 },
  { phase: 'message', step: 'cut', ends: 'sent', whole: 2 },
  { phase: 'message', step: 'stall', ends: 'sent', whole: 2 },
  { phase: 'rcpt', step: 'drip', ends: 'sent', whole: 1 },
  { phase: 'message', step: 'drip', ends: 'sent', whole: 2 },
]
const hangs = ({ step }: Meeting) => step === 'stall' || step === 'drip'

describe.concurrent('mail servers', { timeout: 150_000 }, () => {
  test(
    'every answer, silence and cut at every phase: one mail, two only where its answer was lost; others go on',
    scene(async set => {
      let met = new Map<string, Meeting>()
      const server = await startMailServer((phase, { to, time }) => {
        const meeting = met.get(to)
        return meeting?.phase === phase && time === 0 ? meeting.step : 'ok'
      })
      const rig = await deployParts(set, { mailServers: [server] })
      const logins = await rig.people(meetings.length + 20)
      met = new Map(meetings.map((meeting, i) => [logins[i] ?? '', meeting]))
      const order = logins.map(login => ({ login, at: set.dice.random() })).sort((a, b) => a.at - b.at)
      const answers = await Promise.all(order.map(({ login }) => rig.ask(login)))
      expect(new Set(answers.map(answer => answer?.status))).toEqual(new Set([202]))
      await rig.drained(120_000)
      expect(await rig.complaints()).toEqual([])
      for (const [login, { phase, step, ends, whole }] of met) {
        const what = `${JSON.stringify(step)} at ${phase}`
        const [row] = await rig.sql`select status, reason from reset_requests where login = ${login}`
        expect(row, what).toMatchObject({ status: ends })
        if (ends === 'failed') expect(row?.reason, what).toContain('says the script')
        expect(rig.given().filter(({ to }) => to === login).length, what).toBe(whole)
      }
      // Whom the server kept waiting held nobody else up: all others were through before any of them tried again.
      const kept = [...met].filter(([, meeting]) => hangs(meeting)).map(([login]) => login)
      const others = rig.given().flatMap(({ to }, i) => (met.has(to) ? [] : [i]))
      const again = rig.given().findIndex(({ to, answer }) => kept.includes(to) && answer === 250)
      expect(others).toHaveLength(20)
      expect(Math.max(...others)).toBeLessThan(again)
    }),
  )

  test(
    'a first server that is away, greets with 421, never, or a byte a second: the second has the mail',
    scene(async set => {
      const greetings = (['stall', 'drip', 'cut', reply(421), reply(554)] as Step[])
        .map(step => ({ step, at: set.dice.random() }))
        .sort((a, b) => a.at - b.at)
      const first = await startMailServer((phase, { connection }) =>
        phase === 'greeting' ? (greetings[connection]?.step ?? 'cut') : 'ok',
      )
      const second = await startMailServer()
      const rig = await deployParts(set, { mailServers: [first, second] })
      const logins = await rig.people(greetings.length + 1)
      const last = logins.pop() ?? ''
      await Promise.all(logins.map(login => rig.ask(login)))
      await rig.drained()
      await first.close()
      await rig.ask(last)
      await rig.drained()
      expect(second.given).toHaveLength(greetings.length + 1)
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'every server away for as long as a mail may wait: no try is burnt, and all goes out once one is back; what is too late by then has failed',
    scene(async set => {
      const gone = await startMailServer()
      await gone.close()
      const rig = await deployParts(set, { mailServers: [gone] })
      const logins = await rig.people(10)
      await Promise.all(logins.map(login => rig.ask(login)))
      const triedInVain = (count: number) =>
        until(
          `try ${count} of each`,
          async () => {
            const [row] =
              await rig.sql`select min(unreached)::int as least, max(tries)::int as tries from mails`
            expect(row?.tries ?? 0).toBe(0)
            return row?.least >= count || undefined
          },
          60_000,
        )
      await triedInVain(2)
      // As if it had been 14 of the 15 minutes, which no test waits for.
      const ago = '14 minutes'
      await rig.sql`update reset_requests set created_at = created_at - ${ago}::interval,
        minted_at = minted_at - ${ago}::interval, deliver_before = deliver_before - ${ago}::interval`
      await rig.sql`update mails set created_at = created_at - ${ago}::interval,
        deliver_before = deliver_before - ${ago}::interval, next_try_at = now()`
      await rig.endLeases()
      await triedInVain(3)
      const late = logins.slice(0, 2)
      await rig.sql`update mails set deliver_before = now() where to_address = any(${late})`
      const back: MailServer = set.open(await startMailServer(undefined, gone.port))
      await rig.drained()
      gone.given.push(...back.given)
      expect(back.given).toHaveLength(8)
      const failed =
        await rig.sql`select login, reason from reset_requests where status = 'failed' order by login`
      expect(failed.map(({ login }) => login)).toEqual(late)
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'what is said to MAIL FROM is retried, or not, as everywhere',
    scene(async set => {
      const codes = [421, 450, 451, 550, 552]
      const server = await startMailServer((phase, { mail }) => {
        const code = phase === 'mail' ? codes[mail] : undefined
        return code ? reply(code) : 'ok'
      })
      const rig = await deployParts(set, { mailServers: [server] })
      const logins = await rig.people(codes.length)
      await Promise.all(logins.map(login => rig.ask(login)))
      await rig.drained()
      const rows = await rig.sql`
        select m.status, array_agg(a.code order by a.id) as codes from mails m join mail_attempts a on a.mail_id = m.id
        group by m.id order by codes`
      expect([...rows]).toEqual(
        codes.map(code =>
          code < 500 ? { status: 'sent', codes: [code, 250] } : { status: 'failed', codes: [code] },
        ),
      )
      expect(server.given).toHaveLength(3)
      expect(await rig.complaints()).toEqual([])
    }),
  )

  test(
    'a token that is used while the second try of its mail waits: there is no second mail, and nothing is left over',
    scene(async set => {
      const server = await startMailServer((phase, { to, time }) =>
        phase === 'message' && to && time === 0 ? 'cut' : 'ok',
      )
      const rig = await deployParts(set, { mailServers: [server] })
      const [anna = ''] = await rig.people(1)
      await rig.ask(anna)
      await until('it to be unknown', async () => {
        const [row] = await rig.sql`select status from reset_requests`
        return row?.status === 'unknown' || undefined
      })
      const [first] = await rig.read()
      expect(await rig.complete(first?.token ?? '')).toBe(200)
      await rig.drained()
      const mails = await rig.sql`select kind, status from mails order by kind`
      expect([...mails]).toEqual([
        { kind: 'notice', status: 'sent' },
        { kind: 'reset', status: 'cancelled' },
      ])
      expect(rig.given()).toHaveLength(2)
      expect(await rig.complaints()).toEqual([])
    }),
  )
})
