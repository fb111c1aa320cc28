import type { Browser } from 'playwright-core'
import { openBrowser } from '../../support/browser.ts'
import { openDashboard, settled } from '../../support/dashboard.ts'
import { atMost, type Figures } from '../figure.ts'
import { timeCalls } from '../operator-calls.ts'
import { makePast } from '../past.ts'
import { openSparekey } from '../sparekey.ts'
import type { Stage } from '../stage.ts'

/** What operators wait for: the overview in Chromium, figures and a search by login, on a long past and a long queue. */
export async function measureOperators(stage: Stage): Promise<Figures> {
  const { connections, pastRows, waitingJobs } = stage.settings
  const sparekey = await openSparekey(stage, { workers: 1 })
  await sparekey.post({ connections: 4, count: 20 })
  await sparekey.settle()
  await makePast(sparekey.sql, pastRows)
  await sparekey.queue('pause')
  await sparekey.post({ connections, count: waitingJobs })

  const place = `${pastRows.toLocaleString('en')} requests, ${waitingJobs.toLocaleString('en')} waiting`
  const calls = await timeCalls(stage, sparekey, { pastRows, place })
  const browser = await openBrowser()
  const { opened, again, silence } = await watch(browser, stage, sparekey.base).finally(() => browser.close())
  await sparekey.queue('resume')
  await sparekey.settle()
  await sparekey.close()

  return {
    figures: [
      {
        what: `overview opens for the first time, ${place}`,
        unit: 's',
        values: opened,
        goal: atMost(1, 's'),
      },
      { what: 'and again, its files in the browser’s cache', unit: 's', values: again, goal: atMost(1, 's') },
      { what: 'longest silence of the overview’s line', unit: 's', values: [silence], goal: atMost(5, 's') },
      ...calls,
    ],
  }
}

// In the page itself, since looking on from outside again and again takes a third of its time.
const noteOpened = `new MutationObserver((_, observer) => {
  const words = document.body?.textContent ?? ''
  const waits = document.querySelector('[aria-busy=true]') || /Loading…|Gathering figures…|Connecting/.test(words)
  const drawn = document.querySelectorAll('canvas').length >= 3
  if (!document.querySelector('h1') || waits || !drawn || !words.includes('Live')) return
  observer.disconnect()
  requestAnimationFrame(() => setTimeout(() => { window.openedMs = performance.now() }))
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true })`

/** Seconds until the overview shows its figures and charts and is live, each time with an empty cache; and how long it then hears nothing. */
async function watch(browser: Browser, { settings, adminKey }: Stage, url: string) {
  const first = await openDashboard(browser, { url, adminKey })
  await first.signIn()
  const cookies = await first.page.context().cookies()
  await first.close()
  const opened: number[] = []
  const again: number[] = []
  let silence = 0
  for (let round = 0; round < settings.rounds; round++) {
    const { page, go, close } = await openDashboard(browser, { url, adminKey })
    await page.context().addCookies(cookies)
    const heard: number[] = []
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Network.enable')
    devtools.on('Network.eventSourceMessageReceived', () => heard.push(performance.now()))
    await page.addInitScript(noteOpened)
    const open = async () => {
      await go('/')
      await settled(page)
      await page.getByText('Live', { exact: true }).waitFor()
      await page.waitForFunction('window.openedMs')
      return Number(await page.evaluate('window.openedMs')) / 1000
    }
    opened.push(await open())
    again.push(await open())
    await page.waitForTimeout(10_000)
    await page.getByText('Live', { exact: true }).waitFor()
    const times = [...heard, performance.now()]
    for (const [i, at] of times.entries()) silence = Math.max(silence, (at - (times[i - 1] ?? at)) / 1000)
    await close()
  }
  return { opened, again, silence }
}
