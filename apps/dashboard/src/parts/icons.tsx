const paths = {
  overview: 'M4 19h16M7 15l3.5-4 3 2.5L19 7',
  requests: 'M4 6.5h16v11H4zM4.5 7l7.5 6 7.5-6',
  queues: 'M4 7h16M4 12h16M4 17h10',
  applications: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  mails: 'M6 3h9l4 4v14H6zM14.5 3v4.5H19M9 12h7M9 16h7',
  leave: 'M14 4h5v16h-5M4 12h10M10.5 8.5 14 12l-3.5 3.5',
  next: 'm9 5 7 7-7 7',
  back: 'm15 5-7 7 7 7',
  outside: 'M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20 20',
} as const

export type IconName = keyof typeof paths

/** A drawing beside words; it says nothing of its own. */
export function Icon({ name, className = 'size-5' }: { name: IconName; className?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      aria-hidden="true"
      className={`shrink-0 ${className}`}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  )
}

export function KeyMark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className="size-7 shrink-0">
      <rect width="32" height="32" rx="8" fill="#2f5d50" />
      <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round">
        <circle cx="11.5" cy="20.5" r="4.5" />
        <path d="m14.8 17.2 8.7-8.7M20 12l3.2 3.2" />
      </g>
    </svg>
  )
}
