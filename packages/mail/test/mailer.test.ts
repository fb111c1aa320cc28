import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createMailer, type MailerOptions } from '../src/mailer.ts'
import type { Composed } from '../src/message.ts'
import { polite, type Script, wire } from './support/wire.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const message: Composed = {
  id: 'mail_01',
  envelope: { from: 'no-reply@acme.example', to: 'ada@xn--bcher-kva.example' },
  raw: Buffer.from('Subject: hello\r\n\r\nhello\r\n'),
}
const start = async (script: Script) => {
  const server = await wire(script)
  closers.push(server.close)
  return server
}
const mailerFor = (servers: string[], options: Partial<MailerOptions> = {}) => {
  const mailer = createMailer({ servers, deadlineMs: 10_000, ...options })
  closers.push(mailer.close)
  return mailer
}
/** The polite script with some answers of its own. */
const but =
  (answers: Record<string, string | null>): Script =>
  (line, connection) => {
    const key = Object.keys(answers).find(k => (k === '' || k === '.' ? line === k : line.startsWith(k)))
    return key === undefined ? polite(line, connection) : (answers[key] ?? null)
  }
const sendOnce = async (script: Script, options: Partial<MailerOptions> = {}) => {
  const server = await start(script)
  return { server, attempts: await mailerFor([server.url], options).send(message) }
}

describe('each ending has its class', () => {
  test.each<[string, Record<string, string | null>, string, number | undefined]>([
    ['250 after the message', {}, 'accepted', 250],
    ['550 to RCPT', { RCPT: '550 5.1.1 no such user' }, 'refused', 550],
    ['553 to MAIL', { MAIL: '553 5.1.8 bad sender' }, 'refused', 553],
    ['554 to DATA', { DATA: '554 5.7.1 no' }, 'refused', 554],
    ['552 to the message', { '.': '552 5.3.4 too big' }, 'refused', 552],
    ['450 greylisting', { RCPT: '450 4.7.1 Greylisted, come back' }, 'later', 450],
    ['452 mailbox full', { RCPT: '452 4.2.2 mailbox full' }, 'later', 452],
    ['451 to the message', { '.': '451 4.3.0 local error' }, 'later', 451],
    ['503 out of step', { RCPT: '503 5.5.1 bad sequence' }, 'later', 503],
    ['450 with a rate', { RCPT: '450 4.2.1 receiving mail at a rate that is too high' }, 'throttled', 450],
    ['451 too many', { MAIL: '451 too many messages' }, 'throttled', 451],
    ['421 to RCPT', { RCPT: '421 4.7.0 closing' }, 'throttled', 421],
    ['421 to the message', { '.': '421 4.3.2 shutting down' }, 'throttled', 421],
    ['421 as greeting', { '': '421 busy' }, 'throttled', 421],
    ['554 as greeting', { '': '554 no service' }, 'lost_before_data', 554],
    ['530 sign in first', { MAIL: '530 5.7.0 authentication required' }, 'lost_before_data', 530],
    ['a cut at EHLO', { EHLO: 'cut' }, 'lost_before_data', undefined],
    ['a cut at RCPT', { RCPT: 'cut' }, 'lost_before_data', undefined],
    ['a cut at DATA', { DATA: 'cut' }, 'lost_before_data', undefined],
    ['a cut after the message', { '.': 'cut' }, 'lost_after_data', undefined],
    ['nonsense after the message', { '.': 'hello?' }, 'lost_after_data', undefined],
  ])('%s', async (_, answers, kind, code) => {
    const { server, attempts } = await sendOnce(but(answers))
    expect(attempts).toHaveLength(1)
    expect(attempts[0]).toMatchObject({ class: kind, transport: server.label })
    expect(attempts[0]?.code).toBe(code)
    expect(attempts[0]?.response?.length).toBeGreaterThan(0)
  })

  test.each<[string, Record<string, string>, true | undefined]>([
    ['5.1.1 to RCPT', { RCPT: '550 5.1.1 <you@example.com>: user unknown' }, true],
    ['5.1.1 after the message', { '.': '550 5.1.1 no such mailbox' }, true],
    [
      '5.1.1 in several lines',
      { RCPT: '550-5.1.1 The account that you tried\r\n550 5.1.1 is not there' },
      true,
    ],
    ['5.1.6, moved away', { RCPT: '551 5.1.6 moved' }, true],
    ['5.1.10, no mail taken', { RCPT: '553 5.1.10 null MX' }, true],
    ['5.1.1 to MAIL', { MAIL: '550 5.1.1 sender unknown' }, undefined],
    ['5.7.1, policy', { RCPT: '550 5.7.1 spam' }, undefined],
    ['5.1.1 in the words only', { RCPT: '550 5.7.1 see 5.1.1' }, undefined],
    ['5.1.12, of another meaning', { RCPT: '550 5.1.12 so it says' }, undefined],
    ['5.1.1 with another code', { RCPT: '552 5.1.1 so it says' }, undefined],
    ['550 alone', { RCPT: '550 user unknown' }, undefined],
    ['4.1.1, for now', { RCPT: '450 4.1.1 not now' }, undefined],
  ])('a refusal tells whether there is no such mailbox: %s', async (_, answers, unknownRecipient) => {
    const { attempts } = await sendOnce(but(answers))
    expect(attempts).toHaveLength(1)
    expect(attempts[0]?.unknownRecipient).toBe(unknownRecipient)
  })

  test.each<[string, Record<string, string | null>, string]>([
    ['no greeting', { '': null }, 'lost_before_data'],
    ['silence at EHLO', { EHLO: null }, 'lost_before_data'],
    ['silence at RCPT', { RCPT: null }, 'lost_before_data'],
    ['silence at DATA', { DATA: null }, 'lost_before_data'],
    ['silence after the message', { '.': null }, 'lost_after_data'],
  ])('%s ends with the deadline', async (_, answers, kind) => {
    const { attempts } = await sendOnce(but(answers), { deadlineMs: 300 })
    expect(attempts.map(a => a.class)).toEqual([kind])
    expect(attempts[0]?.response).toContain('deadline')
  })

  test('with PIPELINING too', async () => {
    const ehlo = { EHLO: '250-test\r\n250 PIPELINING' }
    const kind = async (answers: Record<string, string | null>) =>
      (await sendOnce(but({ ...ehlo, ...answers }), { deadlineMs: 1_000 })).attempts[0]?.class
    expect(await kind({})).toBe('accepted')
    expect(await kind({ RCPT: '550 no', DATA: '503 no recipients' })).toBe('refused')
    expect(await kind({ RCPT: '450 later', DATA: '503 no recipients' })).toBe('later')
    expect(await kind({ DATA: 'cut' })).toBe('lost_before_data')
    expect(await kind({ '.': 'cut' })).toBe('lost_after_data')
  })

  test('nobody listens', async () => {
    const server = await wire(polite)
    await server.close()
    const [attempt] = await mailerFor([server.url]).send(message)
    expect(attempt).toMatchObject({ class: 'lost_before_data' })
    expect(attempt?.response).toContain('ECONNREFUSED')
  })

  test('a long answer of several lines becomes one line of 500 characters', async () => {
    const { attempts } = await sendOnce(but({ RCPT: `550-one\r\n550 ${'x'.repeat(2000)}` }))
    expect(attempts[0]?.response).toMatch(/^550-one 550 x+$/)
    expect(attempts[0]?.response).toHaveLength(500)
  })
})

describe('several servers', () => {
  test.each<[string, Record<string, string | null>]>([
    ['hangs up', { '': 'cut' }],
    ['is busy (421)', { '': '421 busy' }],
    ['refuses everybody', { '': '554 no' }],
    ['never greets', { '': null }],
    ['falls silent at RCPT', { RCPT: null }],
  ])('the second takes over when the first %s', async (_, answers) => {
    const [first, second] = [await start(but(answers)), await start(polite)]
    const attempts = await mailerFor([first.url, second.url], { deadlineMs: 2_000 }).send(message)
    expect(attempts.map(a => a.transport)).toEqual([first.label, second.label])
    expect(attempts.at(-1)?.class).toBe('accepted')
    expect(second.messages).toHaveLength(1)
  })

  test.each<[string, Record<string, string | null>]>([
    ['refused', { RCPT: '550 no' }],
    ['later', { RCPT: '450 later' }],
    ['lost_after_data', { '.': 'cut' }],
  ])('the second is left alone after %s', async (kind, answers) => {
    const [first, second] = [await start(but(answers)), await start(polite)]
    const attempts = await mailerFor([first.url, second.url]).send(message)
    expect(attempts.map(a => a.class)).toEqual([kind])
    expect(second.lines).toEqual([])
  })
})

describe('a rate', () => {
  test('that is used up says nothing about its server: the next one has the mail, and of none there is no attempt', async () => {
    const [first, second] = [await start(polite), await start(polite)]
    const full = new Set([first.label, second.label])
    const patience: number[] = []
    const mailer = mailerFor([`${first.url}?perSecond=3`, `${second.url}?perSecond=3`], {
      pace: async (server, _, mostMs) => {
        patience.push(mostMs)
        return full.has(server) ? undefined : 0
      },
    })
    expect(await mailer.send(message)).toEqual([])
    expect(patience).toHaveLength(2)
    // Of ten seconds, so that each is left some to be spoken to.
    expect(Math.max(...patience)).toBeLessThanOrEqual(5_000)
    full.delete(second.label)
    expect(await mailer.send(message)).toMatchObject([{ transport: second.label, class: 'accepted' }])
    expect(first.lines).toEqual([])
  })
})

describe('a mail that may be called off', () => {
  test('goes out if nobody does, who is asked once, when a server waits for the message; else to nobody', async () => {
    const [first, second] = [await start(but({ RCPT: '421 busy' })), await start(polite)]
    const mailer = mailerFor([first.url, second.url])
    const asked: (string | undefined)[] = []
    const send = (may: boolean) =>
      mailer.send(message, { begin: async () => asked.push(second.lines.at(-1)) > 0 && may })
    expect(await send(false)).toMatchObject([{ transport: first.label }])
    expect(second.messages).toEqual([])
    expect((await send(true)).at(-1)).toMatchObject({ transport: second.label, class: 'accepted' })
    expect(second.messages).toHaveLength(1)
    expect(asked).toEqual(['DATA', 'DATA'])
  })

  test('stays here where the answer is an error or comes too late', async () => {
    const server = await start(polite)
    const mailer = mailerFor([server.url], { deadlineMs: 500 })
    const wrong = mailer.send(message, { begin: () => Promise.reject(new Error('away')) })
    await expect(wrong).rejects.toThrow('away')
    const late = new Promise<boolean>(resolve => setTimeout(() => resolve(true), 700))
    expect(await mailer.send(message, { begin: () => late })).toMatchObject([{ class: 'lost_before_data' }])
    expect(server.messages).toEqual([])
  })
})

describe('connections', () => {
  test('one is used again, and a fresh one is taken where the server hung up meanwhile', async () => {
    const server = await start(polite)
    const mailer = mailerFor([`${server.url}?connections=1`])
    await mailer.send(message)
    await mailer.send(message)
    expect(server.lines.filter(line => line === '')).toHaveLength(1)
    await server.hangUp()
    expect((await mailer.send(message)).map(a => a.class)).toEqual(['accepted'])
    expect(server.lines.filter(line => line === '')).toHaveLength(2)
  })

  test.each(['cut', '421 idle too long'])(
    'a kept one that answers MAIL with %s costs nothing',
    async reply => {
      let mails = 0
      const server = await start((line, connection) =>
        line.startsWith('MAIL') && connection === 1 && ++mails === 2 ? reply : polite(line, connection),
      )
      const mailer = mailerFor([`${server.url}?connections=1`])
      await mailer.send(message)
      expect((await mailer.send(message)).map(a => a.class)).toEqual(['accepted'])
      expect(server.messages).toHaveLength(2)
    },
  )

  test('a server is ready while the line that it took the last mail over is open; one with a rate of its own never is', async () => {
    let refuse = false
    const server = await start((line, connection) =>
      refuse && line.startsWith('RCPT') ? '450 4.2.1 later' : polite(line, connection),
    )
    const mailer = mailerFor([server.url])
    expect(mailer.isReady()).toBe(false)
    await mailer.send(message)
    expect(mailer.isReady()).toBe(true)
    refuse = true
    await mailer.send(message)
    expect(mailer.isReady()).toBe(false)
    refuse = false
    await mailer.send(message)
    expect(mailer.isReady()).toBe(true)
    await mailer.close()
    expect(mailer.isReady()).toBe(false)
    const paced = mailerFor([`${server.url}?perSecond=50`])
    await paced.send(message)
    expect(paced.isReady()).toBe(false)
  })

  test('a mail that hangs holds up nobody else', async () => {
    const server = await start((line, connection) =>
      line.startsWith('RCPT') && connection === 1 ? null : polite(line, connection),
    )
    const mailer = mailerFor([`${server.url}?connections=2`], { deadlineMs: 1_500 })
    const hanging = mailer.send(message)
    const others = await Promise.all(Array.from({ length: 20 }, () => mailer.send(message)))
    const kinds = [...others, await hanging].map(([a]) => a?.class)
    expect(kinds.filter(kind => kind === 'accepted')).toHaveLength(20)
    expect(kinds.filter(kind => kind === 'lost_before_data')).toHaveLength(1)
  })

  test('an answer that nobody waited for is not taken for that of the next mail', async () => {
    const server = await start((line, connection) =>
      line === '.' && connection === 1 ? '250 ok\r\n250 I like to talk' : polite(line, connection),
    )
    const mailer = mailerFor([`${server.url}?connections=1`])
    for (let i = 0; i < 2; i++) expect((await mailer.send(message)).map(a => a.class)).toEqual(['accepted'])
    expect(server.messages).toHaveLength(2)
    expect(server.lines.filter(line => line === '')).toHaveLength(2)
  })

  test('a mail whose time is over before the server is ready for it does not go out', async () => {
    const server = await start(polite)
    const late = await mailerFor([server.url]).send(message, { since: performance.now() - 10_000 })
    expect(late[0]).toMatchObject({ class: 'lost_before_data' })
    expect(server.messages).toEqual([])
  })

  test('close says QUIT, leaves nothing open, and refuses further mail', async () => {
    const server = await start(polite)
    const mailer = mailerFor([server.url])
    await mailer.send(message)
    await mailer.close()
    expect(server.lines.at(-1)).toBe('QUIT')
    await expect(mailer.send(message)).rejects.toThrow('closed')
  })
})

describe('TLS', () => {
  let dir: string
  let key: string
  let cert: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'mail-tls-'))
    const at = (name: string) => join(dir, name)
    const args =
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost`.split(' ')
    const names = ['-addext', 'subjectAltName=DNS:localhost']
    execFileSync('openssl', [...args, ...names, '-keyout', at('key'), '-out', at('cert')], {
      stdio: 'ignore',
    })
    key = readFileSync(at('key'), 'utf8')
    cert = readFileSync(at('cert'), 'utf8')
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  const secured = async (options: object) => {
    const received: string[] = []
    const server = new SMTPServer({
      key,
      cert,
      logger: false,
      authOptional: true,
      onAuth: ({ username, password }, _session, done) =>
        username === 'u@x' && password === 'p/w' ? done(null, { user: 'u' }) : done(new Error('wrong')),
      onData(stream, _session, done) {
        let text = ''
        stream.on('data', chunk => {
          text += chunk
        })
        stream.on('end', () => {
          received.push(text)
          done()
        })
      },
      ...options,
    })
    server.on('error', () => {})
    server.listen(0, '127.0.0.1')
    await once(server.server, 'listening')
    closers.push(() => new Promise<void>(resolve => server.close(() => resolve())))
    return { received, port: (server.server.address() as AddressInfo).port }
  }

  test.each([
    ['smtp', '', {}],
    ['smtp', '?requireTLS=true', {}],
    ['smtps', '', { secure: true }],
  ])('%s%s: a certificate nobody vouches for gets no mail', async (scheme, query, options) => {
    const { port, received } = await secured(options)
    const url = `${scheme}://localhost:${port}/${query}`
    expect((await mailerFor([url]).send(message))[0]).toMatchObject({ class: 'lost_before_data' })
    expect(received).toEqual([])
    expect((await mailerFor([url], { ca: cert }).send(message))[0]).toMatchObject({ class: 'accepted' })
    expect(received).toHaveLength(1)
  })

  test('a certificate for another name gets no mail', async () => {
    const { port, received } = await secured({})
    const [attempt] = await mailerFor([`smtp://127.0.0.1:${port}`], { ca: cert }).send(message)
    expect(attempt?.class).toBe('lost_before_data')
    expect(received).toEqual([])
  })

  test('requireTLS: no STARTTLS, no mail', async () => {
    const server = await start(but({ STARTTLS: '502 no' }))
    const [attempt] = await mailerFor([`${server.url}?requireTLS=true`]).send(message)
    expect(attempt?.class).toBe('lost_before_data')
    expect(server.lines).not.toContain('DATA')
  })

  test('signs in; a wrong password loses no mail and shows up nowhere', async () => {
    const { port, received } = await secured({})
    const url = (password: string) => `smtp://u%40x:${password}@localhost:${port}`
    expect((await mailerFor([url('p%2Fw')], { ca: cert }).send(message))[0]?.class).toBe('accepted')
    const attempts = await mailerFor([url('wrong-secret')], { ca: cert }).send(message)
    expect(attempts[0]).toMatchObject({ class: 'lost_before_data', code: 535 })
    expect(JSON.stringify(attempts)).not.toContain('secret')
    expect(received).toHaveLength(1)
  })
})
