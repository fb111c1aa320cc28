import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'

interface Place {
  url: string
  adminKey: string
}

/** The dashboard in a browser window of its own. */
export interface Dashboard {
  page: Page
  /** Loads that page anew. */
  go(path: string): Promise<unknown>
  /** Goes there as a link does: the page stays loaded. */
  visit(path: string): Promise<unknown>
  button(name: string | RegExp, within?: Pick<Page, 'getByRole'>): ReturnType<Page['getByRole']>
  /** What an open window over the page holds. */
  dialog: ReturnType<Page['getByRole']>
  signIn(): Promise<void>
  /** Signs in and goes there. */
  enter(path: string): Promise<void>
  /** Requests to other servers, and what the Content Security Policy forbade: both stay empty. */
  trespasses: string[]
  close(): Promise<void>
}

export async function openDashboard(
  browser: Browser,
  { url, adminKey }: Place,
  options: BrowserContextOptions = {},
): Promise<Dashboard> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const trespasses: string[] = []
  page.on('request', request => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(url)) trespasses.push(request.url())
  })
  page.on('console', message => {
    if (/Content Security Policy/.test(message.text())) trespasses.push(message.text())
  })
  const go = (path: string) => page.goto(`${url}/dashboard${path}`)
  const button = (name: string | RegExp, within: Pick<Page, 'getByRole'> = page) =>
    within.getByRole('button', { name })
  async function submitKey() {
    await page.getByLabel('Operator’s key').fill(adminKey)
    await button('Sign in').click()
  }
  return {
    page,
    go,
    visit: path => page.evaluate(`history.pushState(null, '', ${JSON.stringify(`/dashboard${path}`)})`),
    button,
    dialog: page.getByRole('dialog'),
    trespasses,
    async signIn() {
      await go('/')
      await submitKey()
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    },
    async enter(path) {
      await go(path)
      await submitKey()
      await page.getByLabel('Operator’s key').waitFor({ state: 'detached' })
    },
    close: () => context.close(),
  }
}

/** Expects what a page shows to become so, as it is live. */
export const soon = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: 20_000 })

/** Waits until the page shows what it read. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
  for (const words of ['Loading…', 'Gathering figures…', 'Connecting'])
    await page.getByText(words, { exact: true }).first().waitFor({ state: 'detached' })
}

/** What is wrong with the page as it stands: serious findings of axe, and whether it is wider than its window. */
export async function flawsOf(page: Page): Promise<string[]> {
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(axe.source)
  const { violations } = (await page.evaluate(
    "axe.run(document, { iframes: false, resultTypes: ['violations'] })",
  )) as axe.AxeResults
  const wide = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  return [
    ...violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target).join(' ')}`),
    ...(wide === 0 ? [] : [`${wide} pixels too wide`]),
  ]
}
