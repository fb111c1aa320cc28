import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type NileConfig, Server } from '@niledatabase/server'
import type { StoredMail } from '@sparekey/mailbox/mailbox'
import type { Sparekey } from '../../support/sparekey.ts'

const quiet = { info() {}, warn() {}, error() {}, debug() {}, silly() {} }
const fetchNow = globalThis.fetch

/** A product's own server with the vendor's handlers in it, as its users mount them. */
export async function startNileApp(apiUrl: string, config: NileConfig = {}) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // No database is ever opened: nobody queries.
  const database = { user: 'nobody', password: 'none', databaseName: 'none' }
  const nile = new Server({ ...database, apiUrl, origin: url, logger: () => quiet, ...config })
  server.on('request', async (incoming, outgoing) => {
    const request = await toRequest(url, incoming)
    const handle = nile.handlers[request.method as 'GET' | 'POST' | 'PUT']
    await answer(outgoing, ((await handle(request)) as Response | undefined) ?? new Response('no handler'))
  })
  return {
    url,
    nile,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function toRequest(url: string, incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const { method = 'GET' } = incoming
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value))
  const body = method === 'GET' ? {} : { body: Buffer.concat(chunks) }
  return new Request(new URL(incoming.url ?? '/', url), { method, headers, ...body })
}

async function answer(outgoing: ServerResponse, response: Response) {
  const headers = [...response.headers].filter(([name]) => name !== 'set-cookie')
  outgoing.writeHead(
    response.status,
    [...headers, ...response.headers.getSetCookie().map(line => ['set-cookie', line])].flat() as string[],
  )
  outgoing.end(Buffer.from(await response.arrayBuffer()))
}

/** A browser as far as cookies go: it keeps and sends those of one origin, and shows redirects. */
export function openJar(origin: string) {
  const jar = new Map<string, string>()
  const fetchWithJar: typeof fetch = async (input, init = {}) => {
    if (!String(input).startsWith(origin)) return await fetchNow(input, init)
    const headers = new Headers(init.headers)
    if (jar.size > 0) headers.set('cookie', cookieOf(jar))
    const response = await fetchNow(input, { ...init, headers, redirect: 'manual' })
    for (const { name, value, attributes } of cookiesOf(response)) {
      if (attributes['max-age'] === '0') jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }
  return { jar, fetch: fetchWithJar }
}

export const cookieOf = (jar: Map<string, string>) =>
  [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

/** The cookies that an answer sets, with their attributes in lower case. */
export function cookiesOf(response: Response) {
  return response.headers.getSetCookie().map(line => {
    const [pair = '', ...rest] = line.split('; ')
    const at = pair.indexOf('=')
    const attributes = Object.fromEntries(
      rest.map(part => {
        const [name = '', value = 'true'] = part.split('=')
        return [name.toLowerCase(), value]
      }),
    )
    return { name: pair.slice(0, at), value: pair.slice(at + 1), attributes }
  })
}

interface Options {
  cookie?: string
  headers?: Record<string, string>
}

/** The calls without the vendor's SDK, for what it would never send. */
export function nileCalls(sparekey: Sparekey, database: string) {
  const base = `${sparekey.url}/compat/nile/v2/databases/${database}/auth`
  const call = async (method: string, path: string, { cookie, headers }: Options = {}, body?: unknown) =>
    await fetchNow(base + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(cookie ? { cookie } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const csrf = (options?: Options) => call('GET', '/csrf', options)
  return {
    call,
    csrf,
    /** A valid CSRF cookie. */
    csrfCookie: async () => pairOf(await csrf(), 'nile.csrf-token'),
    post: (body: unknown, options?: Options, query = '') =>
      call('POST', `/reset-password${query}`, options, body),
    open: (query: Record<string, string>, options?: Options) =>
      call('GET', `/reset-password?${new URLSearchParams(query)}`, options),
    put: (body: unknown, options?: Options) => call('PUT', '/reset-password', options, body),
  }
}

/** One cookie that an answer sets, as a browser sends it back. */
export function pairOf(response: Response, name: string): string {
  const cookie = cookiesOf(response).find(cookie => cookie.name === name)
  if (!cookie) throw new Error(`no cookie ${name}`)
  return `${name}=${cookie.value}`
}

/** The vendor-shaped link of a mail. */
export function nileLinkOf(mail: StoredMail): URL {
  const link = /https?:\/\/\S+[?&]token=\S+/.exec(mail.text ?? '')?.[0]
  if (!link) throw new Error('no link in the mail')
  return new URL(link)
}
