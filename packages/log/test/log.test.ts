import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { describeError } from '../src/log.ts'

test("an error is described by class, code and place, never by a driver's message", () => {
  const cause = Object.assign(new Error('Key (login)=(anna@example.com) exists'), { code: '23505' })
  const described = JSON.stringify(describeError(new Error('Failed query: anna@example.com', { cause })))
  expect(described).toContain('23505')
  expect(described).not.toContain('anna@example.com')
})

test('a message of several lines does not slip in as the place', () => {
  const described = JSON.stringify(describeError(new Error('first\n    at secret@example.com')))
  expect(described).not.toContain('secret@example.com')
})

test('a line is out soon, and the last ones when the process ends', async () => {
  const program = `
    import { createLog } from ${JSON.stringify(new URL('../src/log.ts', import.meta.url).href)}
    const log = createLog('info', 'test')
    log.info({}, 'first')
    process.stdin.once('data', () => {
      log.info({}, 'last')
      process.exit()
    })`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value).msg
  expect(await next()).toBe('first')
  child.stdin.end('end\n')
  expect(await next()).toBe('last')
})
