import type { Child } from 'hono/jsx'
import type { AssetName } from './assets.ts'
import { brandColor, logoOf } from './brand.ts'
import type { View } from './view.ts'

/** One whole page: the brand, one card, and how to reach help. `script` runs before the card is shown. */
export function Layout(props: {
  view: View
  title: string
  script?: AssetName
  deferred?: AssetName[]
  /** What else the head needs. */
  head?: Child
  /** Templates and the like that stand beside the card. */
  beside?: Child
  children: Child
}) {
  const { application, asset, locale, say } = props.view
  const logo = logoOf(application)
  const name = application?.name
  return (
    <html lang={locale}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{titleOf(props.title, name)}</title>
        <link rel="icon" type="image/svg+xml" href={asset('icon.svg')} />
        <link rel="stylesheet" href={asset('page.css')} />
        <link rel="stylesheet" href={`/assets/brand-${brandColor(application)}.css`} />
        {props.script && <script src={asset(props.script)}></script>}
        {props.deferred?.map(file => (
          <script defer src={asset(file)}></script>
        ))}
        {props.head}
      </head>
      <body>
        {name && (
          <header>
            {logo ? <img class="logo" src={logo.href} alt={name} /> : <p class="brand">{name}</p>}
          </header>
        )}
        <main>
          <div class="card" id="view">
            {props.children}
          </div>
          {props.beside}
        </main>
        {application?.brand.supportEmail && (
          <footer>
            <p>
              {say('help')}{' '}
              <a href={`mailto:${encodeURIComponent(application.brand.supportEmail).replace('%40', '@')}`}>
                {application.brand.supportEmail}
              </a>
            </p>
          </footer>
        )}
      </body>
    </html>
  )
}

/** A page's title as the browser shows it: what it is, and whose. */
export const titleOf = (title: string, name?: string) => (name ? `${title} · ${name}` : title)

/** Heading that takes the focus when a script shows it, so that a screen reader reads it. */
export function Heading(props: { children: Child }) {
  return <h1 tabindex={-1}>{props.children}</h1>
}
