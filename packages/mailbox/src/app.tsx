import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import { DOCUMENT_POLICY, htmlDocument } from './html-document.ts'
import { loopbackOnly, type RemoteAddress } from './loopback.ts'
import { MailboxPage } from './page.tsx'
import type { Store } from './store.ts'
import { createStreams } from './stream.ts'

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const TYPES = { 'mailbox.css': 'text/css; charset=utf-8', 'mailbox.js': 'text/javascript; charset=utf-8' }
const isAsset = (name: string): name is keyof typeof TYPES => Object.hasOwn(TYPES, name)

/** Everything under /mailbox: the page and its two files, the mails as JSON, the live line. */
export const createMailboxApp = (parts: { store: Store; smtpUrl: string; remoteAddress?: RemoteAddress }) => {
  const { store, smtpUrl } = parts
  const streams = createStreams(store)
  const app = new Hono()

  app.use(loopbackOnly(parts.remoteAddress), async (c, next) => {
    await next()
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'no-referrer')
    c.header('Cross-Origin-Resource-Policy', 'same-origin')
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store')
  })

  app.get('/', c => {
    c.header('Content-Security-Policy', PAGE_POLICY)
    const base = c.req.path.replace(/\/$/, '')
    return c.html(<MailboxPage base={base} smtpUrl={smtpUrl} />)
  })
  app.get('/assets/:name', c => {
    const name = c.req.param('name')
    if (!isAsset(name)) return c.notFound()
    const body = readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8')
    return c.body(body, 200, { 'Content-Type': TYPES[name], 'Cache-Control': 'no-cache' })
  })

  app.get('/messages', c => c.json(store.list(c.req.query('to'))))
  app.delete('/messages', c => {
    store.clear()
    return c.body(null, 204)
  })
  app.get('/messages/:id', c => {
    const found = store.get(c.req.param('id'))
    return found ? c.json(found.mail) : c.notFound()
  })
  app.get('/messages/:id/source', c => {
    const found = store.get(c.req.param('id'))
    return found ? c.text(found.source.toString('utf8')) : c.notFound()
  })
  app.get('/messages/:id/html', async c => {
    const found = store.get(c.req.param('id'))
    if (!found?.mail.html) return c.notFound()
    c.header('Content-Security-Policy', DOCUMENT_POLICY)
    return c.html(await htmlDocument(found.mail.html, found.source))
  })
  app.get('/stream', c => streams.open(c))

  return { app, closeStreams: streams.closeAll }
}
