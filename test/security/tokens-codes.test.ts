import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeOf, type Sparekey, startSparekey, until } from '../support/sparekey.ts'
import { type Desk, noLimits, openDesk } from './support/desk.ts'
import { openGate, standIn } from './support/stand-in.ts'

let sparekey: Sparekey
let desk: Desk
beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
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

test('guesses sprayed over an application trip its breaker: the right code is refused, then; without them it works', async () => {
  const most = 10
  const app = await sparekey.application({
    name: 'Sprayed',
    limits: { ...noLimits, wrongCodesHour: most, wrongCodesDay: most },
  })
  const own = openDesk(sparekey, app)
  const door = (path: string, body: object) =>
    sparekey.call('POST', `/compat/autoshares/api/v1.0/users/password/reset${path}`, {
      body,
      headers: { 'Et-App-Key': app.secret },
    })
  const shortCode = async () => {
    const person = await own.account()
    await door('', { User: person.login })
    const { text } = await sparekey.mail(person.email)
    return (
      /\b(\d{3}) ?(\d{3})\b/
        .exec(text ?? '')
        ?.slice(1)
        .join('') ?? ''
    )
  }
  const [first, second] = [await shortCode(), await shortCode()]
  expect((await door('/code', { Code: first })).status).toBe(200)
  const tried = Array.from({ length: 200 }, (_, i) => wrongOf(second, i + 1))
  const statuses = (await Promise.all(tried.map(code => door('/code', { Code: code })))).map(
    ({ status }) => status,
  )
  expect(statuses.filter(status => status !== 429)).toHaveLength(most)
  expect((await door('/code', { Code: second })).status).toBe(429)
})
