import { openBackend } from '@sparekey/queue/backend'
import { GiveUpError } from '@sparekey/queue/errors'
import { startWorker } from '@sparekey/queue/worker'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from './support/browser.ts'
import { type Dashboard, openDashboard } from './support/dashboard.ts'
import { freshRedis } from './support/database.ts'
import { type Sparekey, startSparekey, until } from './support/sparekey.ts'

let sparekey: Sparekey
let redisUrl: string
let browser: Browser
let dashboard: Dashboard
let secret: string

beforeAll(async () => {
  redisUrl = await freshRedis()
  sparekey = await startSparekey({ redisUrl, worker: false })
  secret = (await sparekey.application()).secret
  browser = await openBrowser()
  dashboard = await openDashboard(browser, sparekey)
  await dashboard.signIn()
})
afterAll(async () => {
  await browser?.close()
  await sparekey?.close()
})

const mailQueue = async () =>
  (await sparekey.call('GET', '/v1/queues', { key: sparekey.adminKey })).body.items[0]
async function ask(login: string): Promise<void> {
  await sparekey.call('POST', '/v1/accounts', { key: secret, body: { login, email: login } })
  await sparekey.call('POST', '/v1/reset-requests', { key: secret, body: { login } })
}

test('one failed job is tried again, then all are, each after a confirmation, and their mails arrive', async () => {
  const { page, button, dialog, visit } = dashboard
  const people = ['ada@example.com', 'ben@example.com', 'cleo@example.com']
  const log = { info() {}, warn() {}, error() {} }
  const failing = startWorker({
    backend: openBackend({ redisUrl, databaseUrl: sparekey.databaseUrl }),
    queue: 'mail',
    concurrency: 3,
    handle(): Promise<void> {
      throw new GiveUpError('out_of_order')
    },
    log,
  })
  for (const login of people) await ask(login)
  await until('they failed', async () =>
    (await mailQueue()).counts.failed === people.length ? true : undefined,
  )
  await failing.close()

  await visit('/queues?queue=mail&state=failed')
  await page
    .getByRole('row', { name: /out_of_order/ })
    .first()
    .waitFor()
  await button(/^Retry job/)
    .first()
    .click()
  await dialog.getByText('Retry this job?').waitFor()
  await button('Retry', dialog).click()
  await page.getByText('One job runs again.').waitFor()
  expect((await mailQueue()).counts).toMatchObject({ failed: 2, waiting: 1 })
  await button('Retry all failed').click()
  await dialog.getByText('Retry all 2 failed jobs?').waitFor()
  await button('Keep as it is', dialog).click()
  expect((await mailQueue()).counts.failed).toBe(2)
  await button('Retry all failed').click()
  await button('Retry all', dialog).click()
  await page.getByText('2 jobs run again.').waitFor()
  await page.getByText('No failed jobs').waitFor()
  await sparekey.startWorker()
  for (const login of people) await sparekey.mail(login)
})

test('a queue is paused after a confirmation and keeps what comes in; resumed, it goes out', async () => {
  const { page, button, dialog, visit } = dashboard
  await visit('/queues')
  await button(/^Pause Mail/i).click()
  await button('Pause', dialog).click()
  await page.getByText('Paused', { exact: true }).waitFor()
  expect(await mailQueue()).toMatchObject({ name: 'mail', paused: true })
  await ask('dora@example.com')
  await button(/^1 Waiting/).waitFor()
  expect(sparekey.mails('dora@example.com')).toEqual([])
  await button(/^Resume Mail/i).click()
  await button('Resume', dialog).click()
  await page.getByText('Paused', { exact: true }).waitFor({ state: 'detached' })
  await sparekey.mail('dora@example.com')
})

test('the raw queue board works under its policy: no complaint of the browser, and nobody else is asked', async () => {
  const { page, visit, trespasses } = dashboard
  const complaints: string[] = []
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(String(error)))
  await visit('/queues')
  await page.getByRole('link', { name: 'Open the queue board' }).click()
  await page.getByRole('link', { name: /^mail/ }).first().click()
  await page
    .getByRole('link', { name: /completed/i })
    .first()
    .click()
  await page.waitForLoadState('networkidle')
  expect(await page.title()).toContain('Sparekey queues')
  expect(complaints).toEqual([])
  expect(trespasses).toEqual([])
})
