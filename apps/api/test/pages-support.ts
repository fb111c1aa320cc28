import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createAdaptorServer } from '@hono/node-server'
import axe from 'axe-core'
import { Hono } from 'hono'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { createPages } from '../src/pages/pages.tsx'
import type { PageApplication, PageVerbs } from '../src/pages/verbs.ts'

export const acme: PageApplication = {
  id: 'app_1',
  slug: 'acme',
  name: 'Acme Notes',
  brand: { color: '#f5c518', supportEmail: 'help@acme.example' },
  locale: 'en',
  minPasswordLength: 15,
  codeDigits: 8,
}
export const goodPassword = 'lantern orbit mossy quilt'
export const code = '12345678'
const refusal = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more })

/**
 * Stands in for the core: these tests are about the pages, and the story with the real core is told by the
 * whole-system tests. One token at a time, kept in memory, with a note of every call.
 */
export function createFakeCore() {
  const state = {
    live: new Set<string>(),
    calls: [] as { verb: string; input: unknown }[],
    fail: undefined as unknown,
  }
  const note = (verb: string, input: unknown) => {
    state.calls.push({ verb, input })
    if (state.fail) throw state.fail
  }
  const check = (token: string) => {
    if (!state.live.has(token)) throw refusal('token_unusable')
  }
  const applications = [
    acme,
    { ...acme, id: 'app_2', slug: 'logo', brand: { color: '#123', logoUrl: 'https://cdn.example/l.png' } },
  ]
  const verbs: PageVerbs = {
    async findApplication(slug) {
      return applications.find(application => application.slug === slug) ?? null
    },
    async request(input) {
      note('request', input)
      return { id: 'req_1' }
    },
    async challenge() {
      throw refusal('not_found')
    },
    async exchange(input) {
      note('exchange', input)
      if (input.code !== code) throw refusal('token_unusable')
      return { token: mint(), expiresAt: new Date() }
    },
    async peek(token) {
      note('peek', token)
      check(token)
      return { expiresAt: new Date(), login: 'd•••@example.com', application: acme }
    },
    async complete(input) {
      note('complete', input)
      check(input.token)
      const reasons = reasonsFor(input.password)
      if (reasons.length > 0) throw refusal('password_refused', { reasons })
      state.live.delete(input.token)
      return { redirectUrl: 'https://acme.example/sign-in' }
    },
  }
  function mint() {
    const token = `tok_${'a'.repeat(39)}${state.live.size}`
    state.live.add(token)
    return token
  }
  return {
    verbs,
    mint,
    refusal,
    state,
    called: (verb: string) => state.calls.filter(call => call.verb === verb),
  }
}

function reasonsFor(password: string): string[] {
  if (password.length < acme.minPasswordLength) return ['too_short']
  if (password.startsWith('passwordpassword')) return ['too_common', 'breached']
  return []
}

/** The pages on a real server at a free port, with a stand-in for `/v1/password-resets` over the same core. */
export async function startPages(core = createFakeCore()) {
  const app = new Hono()
  const server = createAdaptorServer({ fetch: request => app.fetch(request) })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clientOf = () => ({ ip: '203.0.113.9', userAgent: 'test' })
  const logged: object[] = []
  app.post('/v1/password-resets', async c => {
    try {
      const { redirectUrl } = await core.verbs.complete({ ...(await c.req.json()), client: clientOf() })
      return c.json({ status: 'used', redirectUrl })
    } catch (error) {
      const { code, reasons } = error as { code: string; reasons?: string[] }
      const status = ({ token_unusable: 410, password_refused: 422, rate_limited: 429 } as const)[code] ?? 503
      return c.json({ code, reasons }, status as 503)
    }
  })
  app.route(
    '/',
    createPages({
      verbs: core.verbs,
      publicUrl: origin,
      clientOf,
      log: { error: fields => logged.push(fields) },
    }),
  )
  app.get('/elsewhere', c => c.text('not a page'))
  return {
    core,
    origin,
    logged,
    async close() {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
    },
  }
}

/** Chromium as it is found on the machine. */
export async function openBrowser(): Promise<Browser> {
  const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  const executablePath = process.env.CHROMIUM_PATH ?? known.find(path => existsSync(path))
  const switches =
    '--no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-component-update --disable-sync --no-first-run'
  return await chromium.launch({ executablePath, args: switches.split(' ') })
}

/** A visitor of their own, with a note of every request to another origin and every complaint of the console. */
export async function visit(browser: Browser, origin: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  const page = await context.newPage()
  const foreign: string[] = []
  const complaints: string[] = []
  page.on('request', request => {
    if (!request.url().startsWith(`${origin}/`)) foreign.push(request.url())
  })
  page.on('console', message => {
    if (/Content Security Policy|Uncaught/.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(String(error)))
  return { context, page, foreign, complaints }
}

/** The serious and critical findings of axe, as `rule: elements`. */
export async function findings(page: Page): Promise<string[]> {
  // Over the debugger, since the pages' own policy rightly lets no script in.
  await page.evaluate(axe.source)
  const found = (await page.evaluate('axe.run(document)')) as axe.AxeResults
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical' || impact === 'moderate')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(node => `${node.target} ${node.any[0]?.message ?? ''}`).join(', ')}`,
    )
}

const folder = fileURLToPath(new URL('../../../test/artifacts/pages/', import.meta.url))

/** Keeps a picture of the whole page. */
export async function keep(page: Page, name: string) {
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: `${folder}${name}.png`, fullPage: true })
}
