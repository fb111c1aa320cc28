import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createTransport } from 'nodemailer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMailbox, type Mailbox, type StoredMail } from '../src/mailbox.ts'

let mailbox: Mailbox
let server: ReturnType<typeof serve>
let origin: string

const mount = (app: Hono) => new Hono().route('/mailbox', app)
const send = (to: string | string[], subject: string, more: object = {}) => {
  const transport = createTransport(mailbox.smtpUrl)
  return transport.sendMail({ from: 'Sparekey <no-reply@example.com>', to, subject, text: 'Hello', ...more })
}
const list = async (query = '') =>
  (await (await fetch(`${origin}/mailbox/messages${query}`)).json()) as StoredMail[]

beforeEach(async () => {
  mailbox = await createMailbox({ keep: 5 })
  server = serve({ fetch: mount(mailbox.app).fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  origin = `http://localhost:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  await mailbox.close()
  server.close()
  await once(server, 'close')
})

describe('a mail sent over SMTP', () => {
  it('is there, part by part, as soon as its sender hears 250', async () => {
    await send('Ann@example.com', 'Grüße 🗝', {
      html: '<p>Hello</p>',
      headers: [
        { key: 'X-Twice', value: 'one' },
        { key: 'X-Twice', value: 'two' },
      ],
    })
    const [mail] = await list()
    expect(Object.keys(mail ?? {})).toEqual([
      'id',
      'to',
      'from',
      'subject',
      'text',
      'html',
      'headers',
      'receivedAt',
    ])
    expect(mail).toMatchObject({ to: 'Ann@example.com', from: 'no-reply@example.com', subject: 'Grüße 🗝' })
    expect(mail?.text?.trim()).toBe('Hello')
    expect(mail?.html?.trim()).toBe('<p>Hello</p>')
    expect(mail?.headers).toMatchObject({ subject: 'Grüße 🗝', 'x-twice': ['one', 'two'] })
    expect(new Date(mail?.receivedAt ?? '').toISOString()).toBe(mail?.receivedAt)
  })

  it('is listed newest first, once for each recipient, and the oldest go when it is full', async () => {
    for (const subject of ['1', '2', '3', '4']) await send('ann@example.com', subject)
    await send(['ann@example.com', 'bob@example.com'], '5')
    expect((await list()).map(mail => mail.subject)).toEqual(['5', '5', '4', '3', '2'])
    expect(mailbox.messages('bob@example.com')).toHaveLength(1)
  })

  it('is found by its recipient, without case in ASCII letters only', async () => {
    await send('Ann@example.com', 'one')
    await send('bob@example.com', 'two')
    expect((await list('?to=aNN@example.COM')).map(mail => mail.subject)).toEqual(['one'])
    expect(await list(`?to=${encodeURIComponent('bob@example.com'.replace('b', 'ḃ'))}`)).toEqual([])
  })

  it('can be read alone and as source, and all can be cleared', async () => {
    await send('ann@example.com', 'one')
    const [mail] = await list()
    expect(await (await fetch(`${origin}/mailbox/messages/${mail?.id}`)).json()).toEqual(mail)
    const source = await fetch(`${origin}/mailbox/messages/${mail?.id}/source`)
    expect(source.headers.get('content-type')).toMatch('text/plain')
    expect(await source.text()).toMatch(/^Subject: one\r$/m)
    expect((await fetch(`${origin}/mailbox/messages`, { method: 'DELETE' })).status).toBe(204)
    expect(await list()).toEqual([])
    expect((await fetch(`${origin}/mailbox/messages/${mail?.id}`)).status).toBe(404)
  })

  it('is refused above 1 MB, announced or not', async () => {
    const raw = `Subject: big\r\n\r\n${'x'.repeat(998)}\r\n`.padEnd(1_100_000, `${'y'.repeat(70)}\r\n`)
    const envelope = { from: 'a@example.com', to: 'b@example.com' }
    await expect(createTransport(mailbox.smtpUrl).sendMail({ envelope, raw })).rejects.toMatchObject({
      responseCode: 552,
    })
    expect(await list()).toEqual([])
  })

  it('is taken on many connections at once', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => send('ann@example.com', String(n))))
    expect(await list()).toHaveLength(5)
  })
})

describe('the live line', () => {
  it('brings each mail as it arrives, and the clearing', async () => {
    const answer = await fetch(`${origin}/mailbox/stream`)
    expect(answer.headers.get('content-type')).toMatch('text/event-stream')
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    let heard = ''
    const until = async (pattern: RegExp) => {
      while (!pattern.test(heard)) heard += (await reader?.read())?.value ?? ''
    }
    await until(/welcome/)
    await send('ann@example.com', 'one')
    await until(/event: mail\ndata: .*\n/)
    expect(JSON.parse(/data: (.*)/.exec(heard)?.[1] ?? '')).toEqual(mailbox.messages()[0])
    await fetch(`${origin}/mailbox/messages`, { method: 'DELETE' })
    await until(/event: clear/)
    await mailbox.close()
    expect((await reader?.read())?.done).toBe(true)
  })
})

describe('anybody who is not on this machine', () => {
  const paths = ['', '/messages', '/messages/x', '/messages/x/html', '/stream', '/assets/mailbox.js']
  const statuses = async (remote: string | undefined, headers: Record<string, string> = {}) => {
    const other = await createMailbox({ remoteAddress: () => remote })
    const app = mount(other.app)
    const answers = await Promise.all(paths.map(path => app.request(`/mailbox${path}`, { headers })))
    await other.close()
    return [...new Set(answers.map(answer => answer.status))]
  }

  it('gets 404 on every path, and so does a request from nowhere', async () => {
    expect(await statuses('192.168.1.20')).toEqual([404])
    expect(await statuses('::ffff:10.0.0.1')).toEqual([404])
    expect(await statuses('1270.0.0.1')).toEqual([404])
    const app = mount(mailbox.app)
    expect((await app.request('/mailbox')).status).toBe(404)
    expect(await statuses('::ffff:127.0.0.1')).toContain(200)
    expect(await statuses('::1', { host: '[::1]:3000' })).toContain(200)
  })

  it('cannot come in through a proxy, or by a name that points here', async () => {
    for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip'])
      expect(await statuses('127.0.0.1', { [header]: '203.0.113.5' })).toEqual([404])
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example:3000',
      'x@localhost',
    ])
      expect(await statuses('127.0.0.1', { host })).toEqual([404])
  })
})

it('a port that is taken is told in one clear line', async () => {
  const smtpPort = Number(new URL(mailbox.smtpUrl).port)
  await expect(createMailbox({ smtpPort })).rejects.toThrow(
    /^The mailbox cannot listen on 127.0.0.1:\d+ \(EADDRINUSE\): .+$/,
  )
})
