import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  backends,
  codeOf,
  type Sparekey,
  startSparekey,
  tokenOf,
  until,
} from '../support/sparekey.ts'
import { type Desk, noLimits, openDesk } from './support/desk.ts'
import { openGate, standIn } from './support/stand-in.ts'

describe.each(backends)('with queues on %s:', backend => {
  let sparekey: Sparekey
  let desk: Desk
  beforeAll(async () => {
    sparekey = await startSparekey({ backend })
    desk = openDesk(sparekey, await sparekey.application({ limits: noLimits }))
  })
  afterAll(() => sparekey?.close())

  const wrongOf = (code: string, by = 1) =>
    String((Number(code) + by) % 10 ** code.length).padStart(code.length, '0')
  const triesOf = async (id: string) =>
    (await sparekey.sql`select code_tries from reset_requests where id = ${id}`)[0]?.code_tries
  const hasCode = ({ text }: { text: string | null }) => /\b\d{4} \d{4}\b/.test(text ?? '')

  test('a code has 8 digits, is the only live one of its request, and works once', async () => {
    const { id, mail } = await desk.mailed()
    const codes = mail.text?.match(/\b\d{4} \d{4}\b/g)
    expect(new Set(codes).size).toBe(1)
    const [row] = await sparekey.sql`select code_digits, code_digest from reset_requests where id = ${id}`
    expect(row).toMatchObject({ code_digits: 8, code_digest: expect.any(Buffer) })
    expect((await desk.exchange(id, codeOf(mail))).status).toBe(200)
    expect((await desk.exchange(id, codeOf(mail))).status).toBe(410)
  })

  test('the right code works at the fifth try, and no more after five wrong ones', async () => {
    const [lucky, late] = [await desk.mailed(), await desk.mailed()]
    for (let i = 1; i <= 4; i++) await desk.exchange(lucky.id, wrongOf(codeOf(lucky.mail), i))
    expect((await desk.exchange(lucky.id, codeOf(lucky.mail))).status).toBe(200)
    for (let i = 1; i <= 5; i++) await desk.exchange(late.id, wrongOf(codeOf(late.mail), i))
    expect((await desk.exchange(late.id, codeOf(late.mail))).status).toBe(410)
  })

  const parallel = 200
  const guessAll = (guess: (i: number) => Promise<unknown>) =>
    Promise.all(Array.from({ length: parallel }, (_, i) => guess(i)))

  test('of 200 parallel guesses at most five are looked at, and the right code is refused after them', async () => {
    const { id, mail, token } = await desk.mailed()
    await guessAll(i => desk.exchange(id, wrongOf(codeOf(mail), i + 1)))
    expect(await triesOf(id)).toBe(5)
    expect((await desk.exchange(id, codeOf(mail))).status).toBe(410)
    expect((await desk.peek(token)).status).toBe(200)
  })

  test('control: a server that counts after it has looked is caught by the same guesses', async () => {
    let looked = 0
    let tries = 0
    const gate = openGate(parallel / 2)
    const racy = await standIn(async (_, response) => {
      if (tries < 5) {
        looked++
        await gate()
        tries++
      }
      response.writeHead(410)
    })
    await guessAll(() => fetch(racy.url, { method: 'POST' }))
    racy.close()
    expect(looked).toBeGreaterThan(5)
  })

  test('a person gets five codes a day; neither a resend, another login nor another address brings a sixth', async () => {
    const { person, id, mail } = await desk.mailed()
    const seen = [hasCode(mail)]
    const nextMail = async (send: () => Promise<unknown>, to = person.email) => {
      const before = sparekey.mails(to).length
      await send()
      seen.push(hasCode(await sparekey.mail(to, before)))
    }
    const resend = async () => {
      await sparekey.status(id, desk.app.secret, 'sent')
      return await sparekey.call('POST', `/v1/reset-requests/${id}/resend`, { key: desk.app.secret })
    }
    for (let i = 0; i < 4; i++) await nextMail(resend)
    expect(seen).toEqual(Array(5).fill(true))
    await nextMail(resend)

    const moved = `moved.${person.email}`
    const patch = (body: object) =>
      sparekey.call('PATCH', `/v1/accounts/${person.id}`, { key: desk.app.secret, body })
    expect((await patch({ email: moved })).status).toBe(200)
    await sparekey.sql`update reset_requests set created_at = created_at - interval '2 minutes'`
    await nextMail(() => desk.ask(moved), moved)
    await until('it is sent', async () => {
      const [row] = await sparekey.sql`select count(*)::int from mails where status in ('queued', 'sending')`
      return row?.count === 0 || undefined
    })
    await patch({ login: 'another.login' })
    await sparekey.sql`update reset_requests set created_at = created_at - interval '2 minutes'`
    await nextMail(() => desk.ask('another.login'), moved)
    expect(seen.slice(5)).toEqual([false, false, false])

    // Control: a day later there are codes again, so it was the budget that kept them back.
    await sparekey.sql`update mails set created_at = created_at - interval '25 hours' where recipient_key = ${person.id}`
    await sparekey.sql`update reset_requests set created_at = created_at - interval '2 minutes'`
    await nextMail(() => desk.ask('another.login'), moved)
    expect(seen.at(-1)).toBe(true)
  })

  test('tries of one code are not given back by a resend: each code has five of its own, and no more', async () => {
    const { id, mail, person } = await desk.mailed()
    for (let i = 1; i <= 5; i++) await desk.exchange(id, wrongOf(codeOf(mail), i))
    await sparekey.call('POST', `/v1/reset-requests/${id}/resend`, { key: desk.app.secret })
    const second = await sparekey.mail(person.email, 1)
    await sparekey.status(id, desk.app.secret, 'sent')
    expect(codeOf(second)).not.toBe(codeOf(mail))
    expect((await desk.exchange(id, codeOf(mail))).status).toBe(410)
    await guessAll(i => desk.exchange(id, wrongOf(codeOf(second), i + 1)))
    expect(await triesOf(id)).toBe(5)
    expect((await desk.exchange(id, codeOf(second))).status).toBe(410)
  })

  /** The door of codes that come without a login, as Autoshares' clients use it. */
  function autosharesOf({ app, account }: Desk) {
    const door = (path: string, body: object) =>
      sparekey.call('POST', `/compat/autoshares/api/v1.0/users/password/reset${path}`, {
        body,
        headers: { 'Et-App-Key': app.secret },
      })
    return {
      async shortCode() {
        const person = await account()
        await door('', { User: person.login })
        const { text } = await sparekey.mail(person.email)
        // The code's time counts from when its mail is settled.
        await until('its mail to be settled', async () => {
          const open = await sparekey.sql`
            select from reset_requests where application_id = ${app.id} and status in ('accepted', 'sending')`
          return open.length === 0 || undefined
        })
        return (
          /\b(\d{3}) ?(\d{3})\b/
            .exec(text ?? '')
            ?.slice(1)
            .join('') ?? ''
        )
      },
      guess: (code: string) => door('/code', { Code: code }),
    }
  }

  test('a code works until its own end, however long its link does: by its request, and alone', async () => {
    const own = openDesk(sparekey, await sparekey.application({ name: 'Ending', limits: noLimits }))
    const { shortCode, guess } = autosharesOf(own)
    const end = (seconds: number) => sparekey.sql`update reset_requests
      set code_expires_at = now() + make_interval(secs => ${seconds}) where application_id = ${own.app.id}`
    const [{ id, mail }, alone] = [await own.mailed(), await shortCode()]
    await end(-1)
    expect((await own.exchange(id, codeOf(mail))).status).toBe(410)
    // Autoshares' own word for it.
    expect((await guess(alone)).status).toBe(422)
    expect((await own.peek(tokenOf(mail))).status).toBe(200)
    await end(60)
    expect((await own.exchange(id, codeOf(mail))).status).toBe(200)
    expect((await guess(alone)).status).toBe(200)
  })

  const suspicions = async () => {
    const { body } = await sparekey.call('GET', '/metrics')
    return Number(/^sparekey_abuse_suspected_total\{what="wrong_codes"\} (\d+)$/m.exec(body)?.[1])
  }

  test('guesses without a login trip the breaker of an application: the right code is refused, then; without them it works', async () => {
    const most = 10
    const limits = { ...noLimits, wrongCodesHour: most, wrongCodesDay: most, wrongExchangesHour: most }
    const own = openDesk(sparekey, await sparekey.application({ name: 'Sprayed', limits }))
    const { shortCode, guess } = autosharesOf(own)
    const [first, second] = [await shortCode(), await shortCode()]
    expect((await guess(first)).status).toBe(200)
    const tried = Array.from({ length: 200 }, (_, i) => wrongOf(second, i + 1))
    const statuses = (await Promise.all(tried.map(guess))).map(({ status }) => status)
    expect(statuses.filter(status => status !== 429)).toHaveLength(most)
    expect((await guess(second)).status).toBe(429)
    const { id, mail } = await own.mailed()
    expect((await own.exchange(id, codeOf(mail))).status).toBe(200)
  })

  test('guesses sprayed over the requests of an application trip a breaker: right codes are refused like wrong ones, links and other ways work on', async () => {
    const most = 12
    const app = await sparekey.application({
      name: 'Sprayed here',
      limits: { ...noLimits, wrongExchangesHour: most, wrongCodesHour: most },
    })
    const own = openDesk(sparekey, app)
    const { shortCode, guess } = autosharesOf(own)
    const people = [await own.mailed(), await own.mailed(), await own.mailed(), await own.mailed()]
    const [lucky, byId, byLogin, byKey] = people
    if (!lucky || !byId || !byLogin || !byKey) throw new Error('nobody')
    const alone = await shortCode()
    const { body: unknown } = await own.ask('nobody@example.com')
    const onPage = (fields: Record<string, string>) =>
      fetch(`${sparekey.url}/reset/code`, {
        method: 'POST',
        headers: { 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams({ application: app.slug, ...fields }),
      })
    const looked = async () => {
      const [row] = await sparekey.sql`select sum(code_tries)::int as tries from reset_requests
      where application_id = ${app.id}`
      return row?.tries as number
    }
    const before = await suspicions()

    // A right one counts as none.
    expect((await own.exchange(lucky.id, codeOf(lucky.mail))).status).toBe(200)
    const wrong = wrongOf(codeOf(byId.mail))
    const answers = [
      ...(await Promise.all(Array.from({ length: 4 }, () => own.exchange(byId.id, wrong)))),
      ...(await Promise.all(Array.from({ length: 4 }, () => own.exchange(unknown.id, wrong)))),
      await onPage({ requestId: byLogin.id, code: wrong }),
      await onPage({ login: byLogin.person.login, code: wrong }),
      await onPage({ login: 'nobody@example.com', code: wrong }),
      await onPage({ login: 'never.asked@example.com', code: wrong }),
    ]
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([410]))
    expect(await looked()).toBe(7)
    expect(await suspicions()).toBe(before)

    await guessAll(i => own.exchange(byKey.id, wrongOf(codeOf(byKey.mail), i + 1)))
    expect(await looked()).toBe(7)
    expect(await suspicions()).toBe(before + 1)
    const refused = [
      await own.exchange(byKey.id, codeOf(byKey.mail)),
      await onPage({ requestId: byId.id, code: codeOf(byId.mail) }),
      await onPage({ login: byLogin.person.login, code: codeOf(byLogin.mail) }),
    ]
    expect(refused.map(({ status }) => status)).toEqual([410, 410, 410])
    const bodies = [refused[0], answers[0]].map(answer => ({ ...(answer as Answer).body, requestId: '' }))
    expect(bodies[0]).toEqual(bodies[1])
    expect((await own.peek(byKey.token)).status).toBe(200)
    expect((await guess(alone)).status).toBe(200)

    // Control: with the next hour they work, so it was the breaker that kept them back.
    await sparekey.sql`update code_guesses set hour = hour - interval '1 hour' where application_id = ${app.id}`
    expect((await own.exchange(byKey.id, codeOf(byKey.mail))).status).toBe(200)
    expect((await onPage({ requestId: byId.id, code: codeOf(byId.mail) })).status).toBe(200)
    expect((await onPage({ login: byLogin.person.login, code: codeOf(byLogin.mail) })).status).toBe(200)
  })

  test('a breaker is told of at its first refusal, by the hour or by the day, and once an hour; a right code trips none', async () => {
    const most = 3
    for (const limits of [{ wrongExchangesHour: most }, { wrongExchangesDay: most }]) {
      const app = await sparekey.application({ limits: { ...noLimits, ...limits } })
      const own = openDesk(sparekey, app)
      const { id, mail } = await own.mailed()
      const guess = () => own.exchange(id, wrongOf(codeOf(mail)))
      const before = await suspicions()
      for (let i = 1; i < most; i++) await guess()
      const right = await own.mailed()
      expect((await own.exchange(right.id, codeOf(right.mail))).status).toBe(200)
      await guess()
      expect(await suspicions()).toBe(before)
      await Promise.all(Array.from({ length: 8 }, guess))
      expect(await suspicions()).toBe(before + 1)
      await sparekey.sql`update code_guesses set hour = hour - interval '1 hour' where application_id = ${app.id}`
      await Promise.all(Array.from({ length: 8 }, guess))
      // By the hour guesses are looked at again, until there were too many; by the day the next hour tells of it anew.
      expect(await suspicions()).toBe(before + 2)
    }
  })
})
