import { describe, expect, test } from 'vitest'
import { addressOf, networkOf, trustedList } from '../src/client.ts'
import { adminKey, appWithout } from './app-support.ts'

describe('the address of a caller', () => {
  const trusted = trustedList(['10.0.0.0/8', '127.0.0.1', 'fd00::/8'])

  test.each([
    ['198.51.100.1', '1.2.3.4', '198.51.100.1'],
    ['10.0.0.1', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['10.0.0.1', '1.2.3.4, 203.0.113.9, 10.1.1.1', '203.0.113.9'],
    ['::ffff:127.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['fd00::1', '[2001:db8::7]:80', '2001:db8::7'],
    ['10.0.0.1', '203.0.113.9, nonsense', '10.0.0.1'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '10.0.0.2', '10.0.0.2'],
  ])('connection %s saying %s is %s', (connection, forwarded, expected) => {
    expect(addressOf(connection, forwarded, trusted)).toBe(expected)
  })

  test('1,000 forged entries on the left come out as one address', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 1000; i++) seen.add(addressOf('10.0.0.1', `${i % 255}.1.1.1, 203.0.113.9`, trusted))
    expect(seen).toEqual(new Set(['203.0.113.9']))
  })

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s is limited as %s', (ip, network) => expect(networkOf(ip)).toBe(network))
})

describe('/metrics', () => {
  const app = appWithout()
  const read = (path: string, remoteAddress: string, headers: Record<string, string> = {}) =>
    app.request(path, { headers }, { incoming: { socket: { remoteAddress } } })

  test.each([
    ['127.0.0.1', {}, 200],
    ['::1', {}, 200],
    ['::ffff:10.1.2.3', {}, 200],
    ['fd00::7', {}, 200],
    ['100.64.0.9', {}, 200],
    ['198.41.0.4', {}, 404],
    ['2001:503:ba3e::2:30', {}, 404],
    ['', {}, 404],
    ['127.0.0.1', { 'x-forwarded-for': '10.0.0.1' }, 404],
    ['10.1.2.3', { forwarded: 'for=10.0.0.1' }, 404],
    ['10.1.2.3', { via: '1.1 proxy' }, 404],
    ['10.1.2.3', { 'x-real-ip': '10.0.0.1' }, 404],
    ['198.41.0.4', { authorization: `Bearer ${adminKey}` }, 200],
    ['10.1.2.3', { authorization: `Bearer ${adminKey}`, 'x-forwarded-for': '198.41.0.4' }, 200],
    ['198.41.0.4', { authorization: 'Bearer guessed' }, 404],
  ])('from %s with %j is %i', async (address, headers, status) => {
    const answer = await read('/metrics', address, headers)
    expect(answer.status).toBe(status)
    if (status === 200) return expect(await answer.text()).toContain('sparekey_waiting_requests')
    // Nobody is told that there is something.
    const nothing = await read('/nothing', address, headers)
    const told = async (each: Response) => [...each.headers, await each.text()].join('\n')
    const masked = (text: string) => text.replaceAll(/call_\w{26}/g, '')
    expect(masked(await told(answer))).toBe(masked(await told(nothing)))
  })
})
