import { describe, expect, test } from 'vitest'
import { addressOf, networkOf, trustedList } from '../src/client.ts'

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
