import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import axe from 'axe-core'
import { Hono } from 'hono'
import { createTransport } from 'nodemailer'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createMailbox, type Mailbox } from '../src/mailbox.ts'

const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
args.push('--disable-component-update', '--disable-sync', '--no-first-run')

let browser: Browser
let page: Page
let mailbox: Mailbox
let server: ReturnType<typeof serve>
let port = 0
let errors: string[]
let asked: string[]

const listen = async () => {
  const app = new Hono().route('/mailbox', mailbox.app).get('/elsewhere', c => c.text('elsewhere'))
  server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' })
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
}
const hangUp = async () => {
  server.close()
  if ('closeAllConnections' in server) server.closeAllConnections()
  await once(server, 'close')
}
const send = (subject: string, html?: string) => {
  const mail = { from: 'a@example.com', to: 'ann@example.com', subject, text: 'Plain words', html }
  return createTransport(mailbox.smtpUrl).sendMail(mail)
}
const rows = () => page.locator('#mails a')
const live = () => page.locator('#live[data-state=on]').waitFor()

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args })
})
afterAll(() => browser.close())

beforeEach(async () => {
  port = 0
  mailbox = await createMailbox()
  await listen()
  // Without null the browser is told one colour scheme for every frame, whatever the page says.
  page = await browser.newPage({ viewport: { width: 1200, height: 800 }, colorScheme: null })
  errors = []
  asked = []
  page.on('pageerror', error => errors.push(error.message))
  page.context().on('request', request => asked.push(new URL(request.url()).origin))
  await page.goto(`http://localhost:${port}/mailbox`)
  await live()
})
afterEach(async () => {
  await page.context().close()
  await mailbox.close()
  await hangUp()
})

it('shows a mail the moment it arrives, its three parts, and the empty page again after clearing', async () => {
  await page.getByText('No mail yet…').waitFor()
  await send('First', '<p>Rich words</p>')
  await rows().click()
  await page.frameLocator('#frame').getByText('Rich words').waitFor()
  await page.getByRole('tab', { name: 'HTML' }).press('ArrowRight')
  await page.getByRole('tabpanel', { name: 'Text' }).getByText('Plain words').waitFor()
  await page.getByRole('tab', { name: 'Source' }).click()
  await page.getByRole('tabpanel', { name: 'Source' }).getByText('Subject: First').waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByText('No mail yet…').waitFor()
  expect(errors).toEqual([])
  expect(new Set(asked.filter(origin => origin !== 'null'))).toEqual(new Set([`http://localhost:${port}`]))
})

it('runs no script of a mail, and opens its links in a tab of their own', async () => {
  const link = `<a href="http://localhost:${port}/elsewhere">Go</a>`
  const script =
    '<script>document.body.append("ran")</script><img src="data:," onerror="document.body.append(1)">'
  await send(
    'Evil',
    `<html><head></head><body>${script}${link}<b onclick="top.location='/x'">b</b></body></html>`,
  )
  await rows().click()
  const frame = page.frameLocator('#frame')
  await frame.getByText('b', { exact: true }).click()
  expect(await frame.locator('body').innerText()).not.toMatch(/ran|1/)
  const [tab] = await Promise.all([page.waitForEvent('popup'), frame.getByText('Go').click()])
  await tab.getByText('elsewhere').waitFor()
  // The mail's own address is as harmless, without the frame around it.
  const [mail] = mailbox.messages()
  await tab.goto(`http://localhost:${port}/mailbox/messages/${mail?.id}/html`)
  expect(await tab.locator('body').innerText()).not.toMatch(/ran|1/)
  expect(await tab.locator('base[target=_blank]').count()).toBe(1)
})

it('treats what a mail says of itself as words', async () => {
  await send('<img src=x onerror=alert(1)>')
  await rows().click()
  await page.getByRole('heading', { name: '<img src=x onerror=alert(1)>' }).waitFor()
  expect(await page.getByRole('tab', { name: 'HTML' }).isDisabled()).toBe(true)
  await page.getByRole('tabpanel', { name: 'Text' }).getByText('Plain words').waitFor()
})

it('says when the live line is lost, comes back by itself and catches up', async () => {
  await hangUp()
  await page.getByRole('alert').waitFor()
  await send('Missed')
  await listen()
  await live()
  await rows().getByText('Missed').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
})

it('is walked by keyboard, and on a phone goes from list to mail and back', async () => {
  for (const subject of ['one', 'two', 'three']) await send(subject)
  await rows().nth(2).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.getByRole('heading', { name: 'two' }).waitFor()
  await page.setViewportSize({ width: 390, height: 800 })
  expect(await rows().first().isVisible()).toBe(false)
  await page.getByRole('link', { name: 'All mails' }).click()
  await rows().first().waitFor()
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
})

const scan = async () => {
  // Over the debugger, since the page's own policy rightly lets no script in.
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate('axe.run(document)')) as axe.AxeResults
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`)
}

it.each([
  ['light', 1280],
  ['light', 390],
  ['dark', 1280],
  ['dark', 390],
] as const)(
  'has no finding of axe and nothing too wide, empty, as list and as mail: %s, %i',
  async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 800 })
    const look = async () => {
      expect(await scan()).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    }
    await page.getByText('No mail yet…').waitFor()
    await look()
    for (const subject of ['One', 'Two', `Wide${'x'.repeat(200)}`]) await send(subject, '<p>Rich</p>')
    await rows().nth(2).waitFor()
    await look()
    await rows().first().click()
    await page.frameLocator('#frame').getByText('Rich').waitFor()
    await look()
    await page.getByRole('tab', { name: 'Source' }).click()
    await page.getByRole('tabpanel').getByText('Subject: Wide').waitFor()
    await look()
  },
)

it('lets a mail be seen at the width and in the colours of a phone at night', async () => {
  await send(
    'Look',
    '<style>@media (prefers-color-scheme: dark) { p::after { content: "dark" } }</style><p>Hi</p>',
  )
  await rows().click()
  await page.getByText('Phone', { exact: true }).click()
  await page.getByText('Dark', { exact: true }).click()
  expect((await page.locator('#frame').boundingBox())?.width).toBe(375)
  const words = page.frameLocator('#frame').locator('p')
  const content = () =>
    words.evaluate(p => p.ownerDocument.defaultView?.getComputedStyle(p, '::after').content)
  await expect.poll(content).toBe('"dark"')
})
