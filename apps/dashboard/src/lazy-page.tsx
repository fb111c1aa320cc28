import { type ComponentType, lazy, type ReactNode } from 'react'
import { Button } from './parts/button.tsx'
import { PageTitle } from './parts/page-title.tsx'

const loads: (() => Promise<unknown>)[] = []

/** Loads every page's code, so that each opens at once when it is gone to. What can't be had now is asked for again then. */
export async function loadAll(): Promise<void> {
  await Promise.allSettled(loads.map(load => load()))
}

/** A page whose code is loaded when it is first gone to, or by loadAll. */
export function lazyPage<Props extends object>(load: () => Promise<(props: Props) => ReactNode>) {
  loads.push(load)
  return lazy(async (): Promise<{ default: ComponentType<Props> }> => {
    try {
      const page = await load()
      sessionStorage.removeItem(reloadedKey)
      return { default: page }
    } catch {
      if (sessionStorage.getItem(reloadedKey) !== null) return { default: NotLoaded }
      // Of a version that is no longer there: a new one may have it. Once, or what is out of reach would load for ever.
      sessionStorage.setItem(reloadedKey, 'yes')
      window.location.reload()
      return await new Promise(() => {})
    }
  })
}

const reloadedKey = 'sparekey.reloaded'

function NotLoaded() {
  return (
    <>
      <PageTitle title="This page can’t be loaded" about="Sparekey did not answer. Nothing was changed." />
      <Button onClick={() => window.location.reload()}>Try again</Button>
    </>
  )
}
