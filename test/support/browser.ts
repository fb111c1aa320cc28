import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findChromium } from './executables.ts'

/** Opens this machine's Chromium, headless, with nothing that asks the network on its own. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
}

/** Keeps a picture of the whole page, as a window that is high enough shows it, as test/artifacts/<name>.png. */
export async function shoot(page: Page, name: string): Promise<void> {
  const path = fileURLToPath(new URL(`../artifacts/${name}.png`, import.meta.url))
  await mkdir(dirname(path), { recursive: true })
  const size = page.viewportSize()
  const full = Number(await page.evaluate('document.documentElement.scrollHeight'))
  // What is fixed to the window's edge would else stand in the middle of the picture.
  if (size) await page.setViewportSize({ ...size, height: Math.max(full, size.height) })
  await page.screenshot({ path })
  if (size) await page.setViewportSize(size)
}
