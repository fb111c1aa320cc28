import { Link } from 'wouter'
import { Icon } from './icons.tsx'

/** Above the heading of a page that lies beneath another one. */
export function BackLink({ href, to }: { href: string; to: string }) {
  return (
    <Link href={href} className="mb-2 inline-flex items-center gap-1 text-soft no-underline hover:text-text">
      <Icon name="back" className="size-4" />
      {to}
    </Link>
  )
}
