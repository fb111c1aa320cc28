import { Link } from 'wouter'

interface Props<V extends string> {
  legend: string
  tabs: readonly { value: V; label: string }[]
  here: V
  /** The page's own address; a tab is its `tab`. */
  href: string
}

/** The parts of one page: links, so that each has an address and can be gone back from. */
export function Tabs<V extends string>({ legend, tabs, here, href }: Props<V>) {
  return (
    <nav aria-label={legend} className="mb-4 border-b border-line">
      <ul className="-mb-px flex gap-x-1 sm:gap-x-2">
        {tabs.map(({ value, label }) => (
          <li key={value}>
            <Link
              href={`${href}?tab=${value}`}
              aria-current={value === here ? 'page' : undefined}
              className="block border-b-2 border-transparent px-2 py-2 font-medium text-soft no-underline hover:text-text aria-[current]:border-brand-link aria-[current]:font-semibold aria-[current]:text-brand-link sm:px-3"
            >
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
