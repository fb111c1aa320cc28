import { type ReactNode, Suspense, useEffect, useRef } from 'react'
import { Link, useLocation } from 'wouter'
import { signOut } from './api/session-calls.ts'
import { LineNote, LineState } from './line.tsx'
import { Icon, type IconName, KeyMark } from './parts/icons.tsx'
import { Notes, tell } from './parts/note.tsx'
import { Loading } from './parts/states.tsx'
import { UtcTip } from './parts/utc-tip.tsx'

const pages: { href: string; label: string; short?: string; icon: IconName; also?: string[] }[] = [
  { href: '/', label: 'Overview', icon: 'overview' },
  { href: '/requests', label: 'Requests', icon: 'requests' },
  { href: '/queues', label: 'Queues', icon: 'queues' },
  { href: '/applications', label: 'Applications', short: 'Apps', icon: 'applications', also: ['/changes'] },
  { href: '/mails', label: 'Mails', icon: 'mails' },
]

/** Around every page: the menu beside it, or beneath it on a phone, and the notes. */
export function Frame({ children }: { children: ReactNode }) {
  const [path] = useLocation()
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[14rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="absolute top-2 left-2 z-30 -translate-y-16 rounded-control bg-brand px-4 py-2 font-semibold text-white focus:translate-y-0"
      >
        Skip to the page
      </a>
      <header className="flex items-center gap-3 px-4 pt-4 md:sticky md:top-0 md:h-dvh md:flex-col md:items-stretch md:gap-6 md:border-r md:border-line md:p-5">
        <Link href="/" className="flex items-center gap-2.5 font-bold text-text no-underline md:px-2">
          <KeyMark />
          Sparekey
        </Link>
        <Menu path={path} />
        <div className="ml-auto flex items-center gap-3 md:mt-auto md:ml-0 md:flex-col md:items-stretch md:gap-2">
          <LineState />
          <SignOut />
        </div>
      </header>
      <main id="content" className="mx-auto w-full max-w-6xl px-4 pt-5 pb-28 md:px-8 md:pt-7 md:pb-12">
        <LineNote />
        <Suspense fallback={<Loading rows={6} />}>
          {children}
          <Arrival path={path} />
        </Suspense>
      </main>
      <Notes />
      <UtcTip />
    </div>
  )
}

function Menu({ path }: { path: string }) {
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-10 border-t border-line bg-card pb-[env(safe-area-inset-bottom)] md:static md:border-0 md:bg-transparent md:p-0"
    >
      <ul className="grid grid-cols-5 md:grid-cols-1 md:gap-1">
        {pages.map(({ href, label, short, icon, also = [] }) => {
          const here =
            href === '/'
              ? path === '/'
              : [href, `${href}/`, ...also].some(
                  start => path === start || (start.endsWith('/') && path.startsWith(start)),
                )
          return (
            <li key={href}>
              <Link
                href={href}
                aria-current={here ? 'page' : undefined}
                className="flex flex-col items-center gap-0.5 px-1 py-2 text-xs font-medium text-soft no-underline hover:text-text aria-[current]:font-semibold aria-[current]:text-brand-link md:flex-row md:gap-3 md:rounded-control md:px-3 md:text-[0.9375rem] md:hover:bg-line/50 md:aria-[current]:bg-brand-ground"
              >
                <Icon name={icon} />
                {short ? (
                  <>
                    <span className="md:hidden">{short}</span>
                    <span className="hidden md:inline">{label}</span>
                  </>
                ) : (
                  label
                )}
              </Link>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}

function SignOut() {
  return (
    <button
      type="button"
      onClick={() => signOut().catch(() => tell('Signing out did not work. Please try again.'))}
      className="flex items-center gap-3 rounded-control p-2 text-[0.9375rem] font-medium text-soft hover:bg-line/50 hover:text-text md:px-3"
    >
      <Icon name="leave" />
      <span className="sr-only md:not-sr-only">Sign out</span>
    </button>
  )
}

/**
 * A new page begins at its heading, for eyes and for screen readers; the first one where browsers begin. After the page
 * and with it, so that it waits for one that is still loading.
 */
function Arrival({ path }: { path: string }) {
  const last = useRef(path)
  useEffect(() => {
    if (last.current === path) return
    last.current = path
    window.scrollTo(0, 0)
    document.querySelector('h1')?.focus({ preventScroll: true })
  }, [path])
  return null
}
