import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  acme,
  createFakeCore,
  findings,
  goodPassword,
  keep,
  openBrowser,
  startPages,
  visit,
} from './pages-support.ts'

type Site = Awaited<ReturnType<typeof startPages>>
let browser: Browser
let site: Site

beforeAll(async () => {
  browser = await openBrowser()
  site = await startPages()
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

const openForm = async (page: Page, { core, origin }: Site) => {
  await page.goto(`${origin}/reset/acme#${core.mint()}`)
  await page.getByLabel('New password').waitFor()
}
const type = async (page: Page, password: string) => {
  await page.getByLabel('New password').fill(password)
  await page.locator('.strength[data-level]').waitFor()
}

const scenes: Record<string, (page: Page, site: Site) => Promise<void>> = {
  forgot: async (page, { origin }) => void (await page.goto(`${origin}/forgot/acme`)),
  'forgot-empty': async (page, { origin }) => {
    await page.goto(`${origin}/forgot/acme`)
    await page.getByRole('button').click()
    await page.getByText('Please enter your email').waitFor()
  },
  sent: async (page, { origin }) => {
    await page.goto(`${origin}/forgot/acme`)
    await page.getByLabel('Email or username').fill('someone.with.a.long.name@example.com')
    await page.getByRole('button').click()
    await page.getByRole('heading', { level: 1, name: 'Check your mail' }).waitFor()
  },
  'reset-plain': async (page, { origin }) => void (await page.goto(`${origin}/reset`)),
  'reset-code': async (page, { origin }) => void (await page.goto(`${origin}/reset/acme`)),
  'reset-code-wrong': async (page, { origin }) => {
    await page.goto(`${origin}/reset/acme`)
    await page.getByLabel('Email or username').fill('demo@example.com')
    await page.getByLabel('Code from the mail').fill('0000 0000')
    await page.getByRole('button').click()
    await page.getByText('This code can’t be used').waitFor()
  },
  password: openForm,
  'password-weak': async (page, site) => {
    await openForm(page, site)
    await type(page, 'passwordpassword')
    await page.locator('.word', { hasText: 'Very easy to guess' }).waitFor()
  },
  'password-strong': async (page, site) => {
    await openForm(page, site)
    await type(page, goodPassword)
    await page.locator('.word', { hasText: 'Strong' }).waitFor()
    await page.getByRole('button', { name: 'Show password' }).click()
  },
  'password-refused': async (page, site) => {
    await openForm(page, site)
    await type(page, 'passwordpassword')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Please choose another').waitFor()
  },
  done: async (page, site) => {
    await openForm(page, site)
    await type(page, goodPassword)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Your password was changed' }).waitFor()
  },
  unusable: async (page, { origin }) => {
    await page.goto(`${origin}/reset/acme#gone`)
    await page.getByRole('heading', { name: 'This link can’t be used any more' }).waitFor()
  },
  'unusable-plain': async (page, { origin }) => {
    await page.goto(`${origin}/reset#gone`)
    await page.getByRole('heading', { name: 'This link can’t be used any more' }).waitFor()
  },
  trouble: async (page, { origin }) => {
    await page.route('**/reset/peek', route => route.abort())
    await page.goto(`${origin}/reset/acme#x`)
    await page.getByRole('button', { name: 'Try again' }).waitFor()
  },
  'not-found': async (page, { origin }) => void (await page.goto(`${origin}/forgot/nobody`)),
}

for (const [name, scene] of Object.entries(scenes)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${name}, ${colorScheme}: no finding of axe, nothing from outside, nothing the policy stops`, async () => {
      const { context, page, foreign, complaints } = await visit(browser, site.origin, { colorScheme })
      await page.setViewportSize({ width: 1280, height: 860 })
      await scene(page, site)
      expect(await page.locator('h1').count()).toBe(1)
      expect(await page.locator('main').count()).toBe(1)
      await keep(page, `${name}-${colorScheme}-1280`)
      await page.setViewportSize({ width: 390, height: 844 })
      await keep(page, `${name}-${colorScheme}-390`)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
      expect(await findings(page)).toEqual([])
      expect(foreign).toEqual([])
      expect(complaints).toEqual([])
      await context.close()
    })
  }
}

test('a very long name stays within a narrow phone', async () => {
  const core = createFakeCore()
  const { peek } = core.verbs
  const name = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH'
  const application = { ...acme, name }
  core.verbs.findApplication = async () => application
  core.verbs.peek = async token => ({ ...(await peek(token)), application })
  const own = await startPages(core)
  const viewport = { width: 320, height: 640 }
  const { context, page } = await visit(browser, own.origin, { locale: 'de-DE', viewport })
  await page.goto(`${own.origin}/forgot/acme`)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  await page.goto(`${own.origin}/reset/acme#${core.mint()}`)
  await page.getByLabel('Neues Passwort').fill(goodPassword)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: `Weiter zu ${name}` }).waitFor()
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  await context.close()
  await own.close()
})

test('targets are at least 44 pixels high', async () => {
  const { context, page } = await visit(browser, site.origin, { viewport: { width: 390, height: 844 } })
  for (const name of ['forgot', 'sent', 'password', 'unusable'] as const) {
    await scenes[name]?.(page, site)
    for (const target of await page.locator('a:visible, button:visible, input:visible:not(.unseen)').all()) {
      expect(
        (await target.boundingBox())?.height,
        `${name}: ${await target.textContent()}`,
      ).toBeGreaterThanOrEqual(44)
    }
  }
  await context.close()
})
