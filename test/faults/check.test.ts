import { describe, expect, test } from 'vitest'
import { check, unclearMails } from './support/check.ts'
import type { Evidence } from './support/evidence.ts'
import { formsOf } from './support/readable.ts'

const token = 'Zm9yYSB0b2tlbiB0aGF0IGlzIG1hZGUtdXBfMTIzNDU'
const code = '31415926'

/** A run in which everything held: one request, mailed, used once. */
function fine(): Evidence {
  return {
    asked: [{ id: 'req_1', login: 'anna@example.com', applicationId: 'app_1' }],
    messages: [
      { by: 'worker1', to: 'anna@example.com', at: 1_000, answer: 250, mailId: 'mail_1', token, code },
      { by: 'worker1', to: 'anna@example.com', at: 9_000, answer: 250, mailId: 'notice_1' },
    ],
    requests: [
      {
        id: 'req_1',
        applicationId: 'app_1',
        login: 'anna@example.com',
        status: 'sent',
        reason: null,
        recipientKey: 'acc_1',
        live: true,
      },
    ],
    mails: [
      {
        id: 'mail_1',
        requestId: 'req_1',
        kind: 'reset',
        status: 'sent',
        toAddress: 'anna@example.com',
        accepted: 1,
        refused: 0,
        cut: 0,
      },
      {
        id: 'notice_1',
        requestId: 'req_1',
        kind: 'notice',
        status: 'sent',
        toAddress: 'anna@example.com',
        accepted: 1,
        refused: 0,
        cut: 0,
      },
    ],
    interruptions: [],
    completions: [{ token, status: 200 }],
    brokenOff: [],
    working: [],
    texts: [{ where: 'public.mails', text: '(mail_1,app_1,req_1,2026-01-01 00:00:00.314159)' }],
  }
}

type Spoil = (evidence: Evidence) => void
const message = (evidence: Evidence, change: object = {}) =>
  void evidence.messages.push({ ...evidence.messages[0], at: 2_000, ...change } as Evidence['messages'][0])
const mail = (evidence: Evidence, change: object) => Object.assign(evidence.mails[0] ?? {}, change)
/** Its workers were killed in so many tries; nobody else has it now. */
const cutOff = (evidence: Evidence, cut: number) => {
  mail(evidence, { status: 'unknown', accepted: 0, cut })
  row(evidence, { status: 'unknown' })
  evidence.interruptions.push({ by: 'worker1', at: 1_001 }, { by: 'worker2', at: 50_000 })
}
const row = (evidence: Evidence, change: object) => Object.assign(evidence.requests[0] ?? {}, change)
const another = (evidence: Evidence, change: object = {}) => {
  evidence.requests.push({ ...evidence.requests[0], id: 'req_2', ...change } as Evidence['requests'][0])
}
const leak = (text: string): Spoil => {
  return evidence => void evidence.texts.push({ where: 'redis', text: `before ${text} after` })
}

test('a run in which everything held has no complaint', () => {
  expect(check(fine())).toEqual([])
})

test.each<[string, RegExp, Spoil]>([
  ['a 202 without its row', /^I1: req_1 .*no row/, evidence => evidence.requests.splice(0)],
  ["a 202 with another's row", /^I1: req_1 is another/, e => row(e, { login: 'ben@example.com' })],
  ['a request that is still accepted', /^I1: req_1 is still accepted/, e => row(e, { status: 'accepted' })],
  [
    'a person who is taken for a stranger',
    /^I1: req_1 was ignored: no_account/,
    e => row(e, { status: 'ignored', reason: 'no_account' }),
  ],
  ['a mail that is still queued', /^I1: mail mail_1 is still queued/, e => mail(e, { status: 'queued' })],
  [
    'a mail that may have been sent, and that no server was given',
    /^I1: mail mail_1 is unknown, and no server/,
    e => {
      e.messages.splice(0)
      cutOff(e, 1)
    },
  ],
  [
    'a mail that was sent, and that no server was given',
    /^I1: mail mail_1 is sent, and/,
    e => e.messages.splice(0),
  ],
  [
    'a mail that is unknown although each server refused it',
    /^I1: mail mail_1 is unknown, and no server/,
    e => {
      Object.assign(e.messages[0] ?? {}, { answer: 451 })
      cutOff(e, 1)
    },
  ],
  ['two live rows of one account', /^I2: app_1 acc_1 has two live/, e => another(e)],
  [
    'two tokens of one account that work',
    /^I2: app_1 acc_1 has two tokens/,
    e => {
      another(e, { live: false })
      e.mails.push({ ...e.mails[0], id: 'mail_2', requestId: 'req_2' } as Evidence['mails'][0])
      message(e, { mailId: 'mail_2', token: `x${token.slice(1)}` })
      e.working.push(token, `x${token.slice(1)}`)
    },
  ],
  ['a mail taken twice', /^I3: mail_1 was taken twice/, e => message(e)],
  [
    'a mail taken twice while another worker was killed',
    /^I3: mail_1 was taken twice/,
    e => {
      message(e)
      mail(e, { cut: 1 })
      e.interruptions.push({ by: 'worker2', at: 1_001 })
    },
  ],
  [
    'a mail taken twice while its worker was killed with others in hand',
    /^I3: mail_1 was taken twice/,
    e => {
      message(e)
      e.interruptions.push({ by: 'worker1', at: 1_001 })
    },
  ],
  [
    'a mail taken three times',
    /^I3: mail_1 was taken 3 times/,
    e => {
      message(e, { answer: undefined })
      message(e, { answer: undefined })
    },
  ],
  [
    'a second try with another token',
    /^I3: mail_1 went out with two tokens/,
    e => message(e, { answer: undefined, token: `x${token.slice(1)}` }),
  ],
  ['a message of no mail', /^I3: message mail_9 belongs/, e => message(e, { mailId: 'mail_9' })],
  ["a mail in somebody else's box", /^I3: mail_1 went to/, e => mail(e, { toAddress: 'ben@example.com' })],
  [
    'two mails of one request',
    /^I3: req_1 has two mails/,
    e => e.mails.push({ ...e.mails[0], id: 'mail_2', status: 'failed' } as Evidence['mails'][0]),
  ],
  [
    'sent without a 250',
    /^I4: mail mail_1 is sent without/,
    e => Object.assign(e.messages[0] ?? {}, { answer: undefined }),
  ],
  ['sent without a message', /^I4: mail mail_1 is sent without/, e => e.messages.splice(0)],
  ['failed although it may have arrived', /^I4: mail mail_1 failed/, e => mail(e, { status: 'failed' })],
  ['unknown although a 250 came', /^I4: mail mail_1 is unknown/, e => mail(e, { status: 'unknown' })],
  [
    'unknown although a 250 came, while its worker was killed with others in hand',
    /^I4: mail mail_1 is unknown/,
    e => cutOff(e, 0),
  ],
  [
    'a try that was cut off where no worker came to grief',
    /^I4: mail mail_1 was cut off 1 times, workers 0/,
    e => mail(e, { cut: 1 }),
  ],
  [
    'a request that knows better than its mail',
    /^I4: req_1 is sent and its mail failed/,
    e => mail(e, { status: 'failed' }),
  ],
  ['a sent request without a mail', /^I4: req_1 is sent and has no mail/, e => e.mails.splice(0)],
  ['a token that succeeded twice', /^I6: a token/, e => e.completions.push({ token, status: 200 })],
  ['a token that was used without a notice', /^I6: req_1 was used, and/, e => e.mails.splice(1)],
  [
    'two notices of one request',
    /^I6: req_1/,
    e => {
      for (const id of ['mail_2', 'mail_3'])
        e.mails.push({ ...e.mails[0], id, kind: 'notice', status: 'cancelled' } as Evidence['mails'][0])
    },
  ],
])('%s is complained about', (_what, complaint, spoil) => {
  const evidence = fine()
  spoil(evidence)
  expect(check(evidence)).toContainEqual(expect.stringMatching(complaint))
})

describe('what can be read is complained about', () => {
  const forms = (secret: string) => [...formsOf(secret)].map(([form, text]): [string, string] => [form, text])
  test.each([
    ['as it is', token],
    ...forms(token),
    ...forms(token).map(([form, text]): [string, string] => {
      return [`${form}, in capitals`, form.startsWith('base64') ? text : text.toUpperCase()]
    }),
  ])('a token, %s', (_form, text) => {
    const evidence = fine()
    leak(text)(evidence)
    expect(check(evidence)).toContainEqual(expect.stringMatching(/^I5: .* in redis$/))
  })
  test.each([['as it is', code], ['as in the mail', '3141 5926'], ...forms(code)])(
    'a code, %s',
    (_form, text) => {
      const evidence = fine()
      leak(text)(evidence)
      expect(check(evidence)).toContainEqual(expect.stringMatching(/^I5: .* in redis$/))
    },
  )
  test.each([1, 2, 3])('a token %s bytes into a longer text in base64', length => {
    const evidence = fine()
    leak(Buffer.from(`${'x'.repeat(length)}${token} and more`).toString('base64'))(evidence)
    expect(check(evidence)).toContainEqual(expect.stringMatching(/^I5/))
  })
  test('but not eight digits amid a longer number', () => {
    const evidence = fine()
    leak('1731415926000')(evidence)
    expect(check(evidence)).toEqual([])
  })
})

test('a second mail is right where the answer to the first was lost, or its worker came to grief', () => {
  const cut = fine()
  Object.assign(cut.messages[0] ?? {}, { answer: undefined })
  message(cut, { answer: 250 })
  expect(check(cut)).toEqual([])
  const killed = fine()
  message(killed, { by: 'worker2' })
  mail(killed, { cut: 1 })
  killed.interruptions.push({ by: 'worker1', at: 1_500 })
  expect(check(killed)).toEqual([])
})

test('a mail that no server was given is right where both its tries ended in mid-message or one did and the next was refused, which is counted, or its request is over', () => {
  const twice = fine()
  twice.messages.splice(0, 1)
  twice.completions.splice(0)
  cutOff(twice, 2)
  expect(check(twice)).toEqual([])
  expect(unclearMails(twice).map(({ id }) => id)).toEqual(['mail_1'])
  const broken = structuredClone(twice)
  cutOff(broken, 1)
  broken.brokenOff.push('mail_1')
  expect(check(broken)).toEqual([])
  expect(unclearMails(broken).map(({ id }) => id)).toEqual(['mail_1'])
  const refused = structuredClone(twice)
  cutOff(refused, 1)
  mail(refused, { refused: 1 })
  expect(check(refused)).toEqual([])
  expect(unclearMails(refused).map(({ id }) => id)).toEqual(['mail_1'])
  const replaced = fine()
  replaced.messages.splice(0, 1)
  cutOff(replaced, 1)
  row(replaced, { status: 'replaced', live: false })
  expect(check(replaced)).toEqual([])
  expect(unclearMails(replaced)).toEqual([])
  expect(unclearMails(fine())).toEqual([])
})
