import { describe, expect, test } from 'vitest'
import { freePort } from '../support/port.ts'
import { inUrl, password, setUp } from './support/doctor.ts'

const { examine, listen, mailServer, wellEnvironment } = setUp()

describe('a mail server', () => {
  test('that refuses the sign-in fails with its own words', async () => {
    const { env, mail } = await wellEnvironment()
    const { failed, line } = await examine({
      ...env,
      SMTP_URL: `smtp://else:${inUrl}@localhost:${mail.port}`,
    })
    expect(failed).toEqual(['Mail server'])
    expect(line('Mail server')?.says).toMatch(
      /^localhost:\d+ refuses the sign-in: 535 5\.7\.8 Nobody by that name here$/,
    )
  })

  test('that repeats the password has it taken out of its words', async () => {
    const { env } = await wellEnvironment()
    const port = await freePort()
    listen(port, line => {
      if (line === '') return '220 here'
      if (line.startsWith('EHLO')) return '250-here\r\n250 AUTH PLAIN'
      return line.startsWith('AUTH') ? `535 what is ${line}, ${password}?` : '221 bye'
    })
    const { line } = await examine({ ...env, SMTP_URL: `smtp://someone:${inUrl}@127.0.0.1:${port}` })
    expect(line('Mail server')?.says).toMatch(/refuses the sign-in: 535 what is AUTH PLAIN …, …\?$/)
  })

  test('whose certificate nobody vouches for, or is for another name, fails', async () => {
    const { env, mail } = await wellEnvironment()
    const unknown = await examine({ ...env, NODE_EXTRA_CA_CERTS: undefined })
    expect(unknown.failed).toEqual(['Mail server'])
    expect(unknown.line('Mail server')?.says).toMatch(
      /no line that can be trusted: .*self-signed certificate/,
    )
    expect(unknown.line('Mail server')?.mend).toMatch(/NODE_EXTRA_CA_CERTS/)
    const other = await examine({ ...env, SMTP_URL: `smtp://127.0.0.1:${mail.port}?requireTLS=true` })
    expect(other.line('Mail server')?.mend).toMatch(/servername/)
  })

  test('that is not there, turns us away, or has no TLS where we insist fails, each in its place', async () => {
    const { env, mail } = await wellEnvironment()
    const [busy, gone] = [await freePort(), await freePort()]
    listen(busy, line => (line === '' ? '554 5.3.2 No service for you' : undefined))
    const plain = await mailServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], authOptional: true })
    const { checks } = await examine({
      ...env,
      SMTP_URL: [
        `smtp://localhost:${gone}`,
        `smtp://127.0.0.1:${busy}`,
        `smtp://127.0.0.1:${plain.port}?requireTLS=true`,
        `smtps://localhost:${mail.port}`,
        `smtp://127.0.0.1:${plain.port}`,
      ].join(),
    })
    const lines = checks.filter(({ name }) => name.startsWith('Mail server'))
    expect(lines.map(({ name, state }) => `${state} ${name}`)).toEqual([
      'fail Mail server 1',
      'fail Mail server 2',
      'fail Mail server 3',
      'fail Mail server 4',
      'ok Mail server 5',
    ])
    expect(lines[0]?.says).toMatch(/^localhost:\d+ is out of reach: .*ECONNREFUSED/)
    expect(lines[1]?.says).toMatch(/turns us away: 554 5\.3\.2 No service for you$/)
    expect(lines[2]?.says).toMatch(/no line that can be trusted: 5\d\d /)
    expect(lines[3]?.mend).toMatch(/^this port does not begin with TLS/)
    expect(lines[4]?.says).toMatch(/plain text on this machine, no sign-in$/)
  })
})
