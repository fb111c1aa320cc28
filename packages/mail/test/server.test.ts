import { expect, test } from 'vitest'
import { createMailer } from '../src/mailer.ts'
import { parseServer } from '../src/server.ts'

test('reads host, port, sign-in and options', () => {
  expect(parseServer('smtp://mail.example')).toMatchObject({ port: 587, secure: false, requireTLS: false })
  expect(parseServer('smtps://mail.example')).toMatchObject({ port: 465, secure: true })
  expect(parseServer('smtps://u%40x:p%2Fw@mail.example:4650?name=me.example&servername=other')).toMatchObject(
    {
      auth: { user: 'u@x', pass: 'p/w' },
      label: 'mail.example:4650',
      name: 'me.example',
      servername: 'other',
    },
  )
  expect(parseServer('smtp://mail.example?perSecond=20&connections=5')).toMatchObject({
    perSecond: 20,
    connections: 5,
  })
  expect(parseServer('smtp://[::1]:25').label).toBe('[::1]:25')
})

test('a password asks for TLS, unless the server is this machine or it is waived', () => {
  expect(parseServer('smtp://u:p@mail.example').requireTLS).toBe(true)
  expect(parseServer('smtp://u:p@127.0.0.1').requireTLS).toBe(false)
  expect(parseServer('smtp://u:p@mail.example', { allowPlaintext: true }).requireTLS).toBe(false)
})

test.each([
  'mail.example',
  'http://u:s3cret@mail.example',
  'smtp://',
  'smtp://u:s3cret@mail.example/path',
  'smtp://u:s3cret%zz@mail.example',
  'smtp://u@mail.example',
  'smtp://mail.example:0',
  'smtp://mail.example?rejectUnauthorized=false',
  'smtp://mail.example?requireTLS=maybe',
  'smtp://mail.example?requireTLS=true&ignoreTLS=true',
  'smtp://mail.example?pool=true',
  'smtp://mail.example?connections=0',
  'smtp://mail.example?connections=100',
])('%s is a TypeError that says why and repeats no password', url => {
  const attempt = () => createMailer({ servers: [url] })
  expect(attempt).toThrow(TypeError)
  expect(attempt).toThrow(/^mail server URL: (?!.*s3cret)/)
})
