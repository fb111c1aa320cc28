import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { requestText } from './wire.ts'

const megabyte = 1024 * 1024
const line = 'POST /v1/reset-requests'

export const bombNames = [
  '1 MB',
  '1 MB in chunks, of no told length',
  '100 MB in a gzip of 100 kB',
  '100,000 levels',
  '60,000 levels, in 60 kB',
  '12,000 levels of objects',
] as const

export interface Bomb {
  request: string | Buffer
  /** What may be answered. */
  statuses: number[]
}

/** Bodies that are large, deep or zipped, as whole requests. */
export function makeBombs(key: string): Record<(typeof bombNames)[number], Bomb> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` }
  const whole = (body: string) => requestText(line, { headers, body })
  const large = `{"login":"${'a'.repeat(megabyte)}"}`
  return {
    '1 MB': { request: whole(large), statuses: [413] },
    '1 MB in chunks, of no told length': { request: chunked(large, key), statuses: [413] },
    '100 MB in a gzip of 100 kB': { request: zipped(headers), statuses: [413, 415] },
    '100,000 levels': { request: whole('['.repeat(100_000)), statuses: [400, 413] },
    '60,000 levels, in 60 kB': { request: whole('['.repeat(60_000)), statuses: [400] },
    '12,000 levels of objects': { request: whole('{"a":'.repeat(12_000)), statuses: [400] },
  }
}

function chunked(body: string, key: string): string {
  const chunks = body.match(/[\s\S]{1,16384}/g) ?? []
  const written = chunks.map(chunk => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')
  const headers = `Authorization: Bearer ${key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked`
  return `${line} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n${written}0\r\n\r\n`
}

function zipped(headers: Record<string, string>): Buffer {
  const body = gzipSync(Buffer.from(`{"login":"${'a'.repeat(100 * megabyte)}"}`))
  const more = { 'Content-Encoding': 'gzip', 'Content-Length': String(body.length) }
  return Buffer.concat([Buffer.from(requestText(line, { headers: { ...headers, ...more } })), body])
}

/** Addresses of 64 kB. */
export const longAddresses = [
  'a'.repeat(64_000),
  `${'a.'.repeat(31_000)}@x.test`,
  `a@${'x.'.repeat(31_000)}test`,
]

/** A server that unzips and parses whatever comes: in a process of its own, as the API is. */
export async function startLavish() {
  const code = `
    const { gunzipSync } = require('node:zlib')
    require('node:http').createServer(async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const all = Buffer.concat(chunks)
      const body = request.headers['content-encoding'] ? gunzipSync(all) : all
      try { JSON.parse(body.toString()); response.writeHead(202) } catch { response.writeHead(400) }
      response.end()
    }).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(createInterface(child.stdout), 'line')
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, close: () => child.kill() }
}
