import { expect } from 'vitest'
import type { Call, Json } from '../../support/sparekey.ts'

/** What stands in for the `{…}` of a path and for a query that must be there. */
interface Known {
  requests: string[]
  applicationId: string
  webhookId: string
  accountId: string
}

interface Reader {
  call: Call
  url: string
  adminKey: string
  secretKey: string
}

const states = ['waiting', 'active', 'delayed', 'failed', 'completed']
/** Where one path is many. A read that comes later must be told here, or this fails. */
function pathsOf(path: string, known: Known): string[] {
  const fill = (ids: string[]) => ids.map(id => path.replace('{id}', id))
  if (path === '/v1/queues/{name}/jobs')
    return ['mail', 'webhook', 'housekeeping'].flatMap(name =>
      states.map(state => `/v1/queues/${name}/jobs?state=${state}&limit=100`),
    )
  if (path.endsWith('/mail-previews/{template}'))
    return fill([known.applicationId]).flatMap(each =>
      ['reset', 'code', 'notice'].map(template => each.replace('{template}', template)),
    )
  const [, family, id] = /^\/v1\/([\w-]+)(\/\{id\})?/.exec(path) ?? []
  if (id === undefined) return path.includes('{') ? [] : [path]
  const ids: Record<string, string[]> = {
    'reset-requests': known.requests,
    applications: [known.applicationId],
    webhooks: [known.webhookId],
    accounts: [known.accountId],
  }
  return fill(ids[family ?? ''] ?? [])
}

/** For a browser's cookie only; a line that never ends, read below; there only where a proof of humanity is asked for. */
const elsewhere = ['/v1/session', '/v1/stream', '/v1/human-challenges']

/** What every GET of /v1 answers to who may ask it, by the API's own document, and the raw board with it. */
export async function readAll({ call, url, adminKey, secretKey }: Reader, known: Known): Promise<string> {
  const { body: document } = await call('GET', '/openapi.json')
  const reads = Object.entries<Json>(document.paths).filter(
    ([path, { get }]) => get && path.startsWith('/v1/'),
  )
  const answers: string[] = []
  const read = async (path: string, key: string) => {
    const { status, body } = await call('GET', path, { key })
    expect([path, status]).toEqual([path, 200])
    answers.push(JSON.stringify(body))
  }
  for (const [path, { get }] of reads) {
    if (elsewhere.includes(path)) continue
    const paths = pathsOf(path, known)
    expect([path, paths.length > 0]).toEqual([path, true])
    const schemes = JSON.stringify(get.security)
    const keys = [schemes.includes('secretKey') ? secretKey : adminKey]
    // Of both who may: the dashboard asks for these as the operator.
    if (path.startsWith('/v1/reset-requests')) keys.push(adminKey)
    for (const key of keys) for (const each of paths) await read(each, key)
  }
  await read('/dashboard/board/api/queues', adminKey)
  answers.push(await firstEvent(`${url}/v1/stream`, adminKey))
  return answers.join('\n')
}

async function firstEvent(url: string, key: string): Promise<string> {
  const over = new AbortController()
  const { body } = await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal: over.signal })
  const reader = (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('\n\n')) text += (await reader.read()).value ?? ''
  over.abort()
  return text
}
