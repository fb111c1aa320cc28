import type { Attempt } from '@sparekey/mail/outcome'
import { expect, test } from 'vitest'
import type { Mail } from '../src/claim.ts'
import { retryAfter } from '../src/retry-after.ts'
import { judge } from '../src/settle.ts'

const minutes = 60_000
const mail = (state: Partial<Mail> = {}) => ({ tries: 0, unreached: 0, lost: 0, ...state }) as Mail
const attempt = (kind: Attempt['class'], response = 'so it said') => ({
  transport: 'mx:25',
  class: kind,
  response,
  durationMs: 1,
})

test('a 250 is sent, a refusal failed with its words', () => {
  expect(judge(mail(), attempt('accepted'), 0)).toEqual({ status: 'sent' })
  expect(judge(mail(), attempt('refused'), 15 * minutes)).toEqual({
    status: 'failed',
    class: 'refused',
    reason: 'so it said',
  })
})

test('what may succeed later is queued again while there is time', () => {
  for (const kind of ['later', 'throttled', 'lost_before_data', 'lost_after_data'] as const) {
    expect(judge(mail(), attempt(kind), 15 * minutes).status).toBe('queued')
    expect(judge(mail(), attempt(kind), 100).status).toBe(kind === 'lost_after_data' ? 'unknown' : 'failed')
  }
})

test('an unreachable mail server burns no tries, however often it is tried', () => {
  expect(judge(mail({ unreached: 500 }), attempt('lost_before_data'), 15 * minutes).status).toBe('queued')
})

test('a mail above our own rate waits for its turn as long as there is time, whatever its tries', () => {
  expect(judge(mail({ tries: 9, unreached: 500 }), undefined, 15 * minutes).status).toBe('queued')
  expect(judge(mail(), undefined, 100)).toEqual({
    status: 'failed',
    class: 'out_of_time',
    reason: expect.stringMatching(/^out of time: the rate/),
  })
  expect(judge(mail({ lost: 1 }), undefined, 100)).toEqual({ status: 'unknown' })
})

test('answered tries run out, and the last words are kept', () => {
  const verdict = judge(mail({ tries: 9 }), attempt('later'), 15 * minutes)
  expect(verdict).toEqual({ status: 'failed', class: 'out_of_tries', reason: 'out of tries: so it said' })
})

test('a line lost twice after DATA ends as unknown', () => {
  expect(judge(mail({ lost: 1 }), attempt('lost_after_data'), 15 * minutes)).toEqual({ status: 'unknown' })
})

test('the wait doubles up to its cap, and jitter spreads it between a half and the whole', () => {
  const most = [1, 2, 3, 4, 20].map(count => retryAfter('later', count, () => 1))
  expect(most).toEqual([5000, 10_000, 20_000, 40_000, 300_000])
  expect(retryAfter('later', 1, () => 0)).toBe(2500)
})
