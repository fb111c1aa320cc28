import { randomBytes } from 'node:crypto'
import { deriveToken, randomToken, SEED_BYTES } from '@sparekey/token/token'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { isLong } from '../support/long.ts'
import { codeOf, type Sparekey, startSparekey, tokenOf, until } from '../support/sparekey.ts'
import { type Desk, goodPassword, noLimits, openDesk, tokenCalls } from './support/desk.ts'
import { openGate, standIn } from './support/stand-in.ts'
import { chiSquareDeviation, correlationWithOrder, countLetters } from './support/statistics.ts'

const many = 100_000
const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
/** 256 bits fill 42 letters and the upper four bits of the last. */
const lastLetters = alphabet.filter((_, at) => at % 4 === 0)

let sparekey: Sparekey
let desk: Desk
beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'redis' })
  desk = openDesk(sparekey, await sparekey.application({ limits: noLimits }))
})
afterAll(() => sparekey?.close())

describe('100,000 tokens', () => {
  /** What speaks against tokens that came in this order; empty is what one hopes for. */
  function faults(tokens: readonly string[]): string[] {
    const found: string[] = []
    if (new Set(tokens).size !== tokens.length) found.push('one came twice')
    // Seven standard deviations: by chance once in a billion runs.
    for (const [at, counts] of countLetters(tokens).entries())
      if (chiSquareDeviation(counts, at === 42 ? lastLetters : alphabet) > 7)
        found.push(`position ${at} is not uniform`)
    for (const [start, end] of [
      [0, 8],
      [8, 16],
      [35, 43],
    ] as const) {
      const numbers = tokens.map(token =>
        Number(BigInt(`0x${Buffer.from(token.slice(start, end), 'base64url').toString('hex') || '0'}`)),
      )
      if (Math.abs(correlationWithOrder(numbers)) > 7 / Math.sqrt(tokens.length))
        found.push(`letters ${start} to ${end} go with the order`)
    }
    return found
  }
  const make = (one: (i: number) => string) => Array.from({ length: many }, (_, i) => one(i))
  const key = randomBytes(32)
  const idAt = (i: number) => `req_${String(i).padStart(26, '0')}`

  test('of following requests are all different, uniform in every position, and do not go with time or id', () => {
    expect(faults(make(i => deriveToken(key, idAt(i), randomBytes(SEED_BYTES))))).toEqual([])
  })

  test('of one request, and those given for codes, are so too', () => {
    expect(faults(make(() => deriveToken(key, idAt(7), randomBytes(SEED_BYTES))))).toEqual([])
    expect(faults(make(() => randomToken()))).toEqual([])
  })

  test('of one seed have half of their bits apart from id to id: nothing of the id is in them', () => {
    const seed = randomBytes(SEED_BYTES)
    const bytes = (i: number) => Buffer.from(deriveToken(key, idAt(i), seed), 'base64url')
    let apart = 0
    for (let i = 0; i < 1000; i++) {
      const [a, b] = [bytes(i), bytes(i + 1)]
      for (let at = 0; at < 32; at++)
        for (let bits = (a[at] ?? 0) ^ (b[at] ?? 0); bits; bits &= bits - 1) apart++
    }
    expect(Math.abs(apart / 1000 - 128)).toBeLessThan(2)
  })

  test('control: doubles, a time in front, a counter behind and a lame letter are caught', () => {
    const good = () => randomBytes(32)
    const now = Date.now()
    const withBytes = (change: (bytes: Buffer, i: number) => void) =>
      make(i => {
        const bytes = good()
        change(bytes, i)
        return bytes.toString('base64url')
      })
    const twice = make(() => randomToken())
    twice[many - 1] = twice[0] ?? ''
    expect(faults(twice)).toEqual(['one came twice'])
    expect(faults(withBytes((bytes, i) => bytes.writeUIntBE(now + i, 0, 6)))).not.toEqual([])
    expect(faults(withBytes((bytes, i) => bytes.writeUInt32BE(i, 28)))).not.toEqual([])
    const lame = make(() => {
      const token = randomToken()
      return token[20] === 'A' && Math.random() < 0.3 ? `${token.slice(0, 20)}B${token.slice(21)}` : token
    })
    expect(faults(lame)).toEqual(['position 20 is not uniform'])
  })
})

describe('of 200 parallel completions with one token', () => {
  const parallel = 200
  const runs = isLong ? 50 : 2
  const successes = async (complete: (i: number) => Promise<{ status: number }>) => {
    const answers = await Promise.all(Array.from({ length: parallel }, (_, i) => complete(i)))
    return answers.filter(({ status }) => status === 200).length
  }

  test('exactly one succeeds, and its password is the one that holds', async () => {
    for (let run = 0; run < runs; run++) {
      const { person, token } = await desk.mailed()
      const winners: number[] = []
      const count = await successes(async i => {
        const answer = await desk.complete(token, `${goodPassword} ${i}`)
        if (answer.status === 200) winners.push(i)
        return answer
      })
      expect(count).toBe(1)
      expect(await desk.isPassword(person.login, `${goodPassword} ${winners[0]}`)).toBe(true)
      expect(sparekey.mails(person.email).length).toBeLessThanOrEqual(2)
    }
  }, 600_000)

  test('control: where the token is looked at first and used up later, more than one succeed', async () => {
    let used = false
    const gate = openGate(2)
    const racy = await standIn(async (_, response) => {
      const mayGo = !used
      await gate()
      used = true
      response.writeHead(mayGo ? 200 : 410)
    })
    expect(await successes(() => fetch(racy.url, { method: 'POST' }))).toBeGreaterThan(1)
    racy.close()
  })
})

describe('a token', () => {
  const endsIn = (id: string, seconds: number) =>
    sparekey.sql`update reset_requests set expires_at = now() + make_interval(secs => ${seconds}) where id = ${id}`

  test('works a second before its end and not a second after it, by the clock of the database', async () => {
    const { id, token } = await desk.mailed()
    const other = await desk.mailed()
    // An hour off in the API's own process; the clock of the database is right.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    try {
      // A busy machine may take the second; each look gets one of its own.
      await until('it works a second before its end', async () => {
        await endsIn(id, 1)
        return (await desk.peek(token)).status === 200 || undefined
      })
      await until('and can be used', async () => {
        await endsIn(id, 1)
        return (await desk.complete(token)).status === 200 || undefined
      })
      await endsIn(other.id, -1)
      vi.setSystemTime(Date.now() - 7_200_000)
      for (const verb of [desk.peek, desk.complete, desk.redeem])
        expect((await verb(other.token)).status).toBe(410)
    } finally {
      vi.useRealTimers()
    }
  })

  test('is void once a newer one was asked for; completing voids token and code of the person', async () => {
    const { person, id, token } = await desk.mailed()
    await desk.age(id)
    const second = await desk.ask(person.login)
    const newer = await sparekey.mail(person.email, 1)
    await sparekey.status(second.body.id, desk.app.secret, 'sent')
    expect((await desk.complete(token)).status).toBe(410)
    expect((await desk.complete(tokenOf(newer))).status).toBe(200)
    expect((await desk.complete(tokenOf(newer))).status).toBe(410)
    expect((await desk.exchange(second.body.id, codeOf(newer))).status).toBe(410)
  })

  test('is void once a newer one was asked for, also where several people ask again at once; nobody else loses theirs', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => desk.mailed()))
    const [bystander, ...again] = people
    for (const { id } of people) await desk.age(id)
    const queue = (verb: 'pause' | 'resume') =>
      sparekey.call('POST', `/v1/queues/mail/${verb}`, { key: sparekey.adminKey })
    // So that all of them are minted in one go.
    expect((await queue('pause')).status).toBeLessThan(300)
    for (const { person } of again) expect((await desk.ask(person.login)).status).toBe(202)
    expect((await queue('resume')).status).toBeLessThan(300)
    for (const { person, token } of again) {
      const newer = await sparekey.mail(person.email, 1)
      expect((await desk.peek(token)).status).toBe(410)
      expect((await desk.peek(tokenOf(newer))).status).toBe(200)
    }
    expect((await desk.peek(bystander?.token ?? '')).status).toBe(200)
  })

  test('is refused to another application, for another purpose and with a step left out; else it works', async () => {
    const { id, token, mail, person } = await desk.mailed()
    const other = await sparekey.application({ name: 'Other' })
    for (const key of [other.secret, other.publishable]) {
      const theirs = tokenCalls(sparekey.call, key)
      expect((await theirs.peek(token)).status).toBe(410)
      expect((await theirs.complete(token)).status).toBe(410)
      expect((await theirs.exchange(id, codeOf(mail))).status).toBe(410)
    }
    expect((await tokenCalls(sparekey.call, other.secret).redeem(token)).status).toBe(410)
    const noTokens = [codeOf(mail), id, person.id, desk.app.publishable, desk.app.secret, sparekey.adminKey]
    for (const text of noTokens) expect((await desk.complete(text)).status).toBe(410)
    const asKey = { key: token, body: { login: 'a' } }
    expect((await sparekey.call('POST', '/v1/reset-requests', asKey)).status).toBe(401)
    expect((await desk.exchange(id, token)).status).toBe(400)
    expect((await desk.exchange(id, '')).status).toBe(400)
    expect((await desk.complete(token)).status).toBe(200)
  })

  test('is not used up by passwords that are refused', async () => {
    const { token } = await desk.mailed()
    for (const weak of ['x', 'password1', 'acme', 'y'.repeat(300)])
      expect((await desk.complete(token, weak)).status).toBe(422)
    expect((await desk.complete(token)).status).toBe(200)
  })
})
