import type { ReactNode } from 'react'

const tones = {
  good: 'bg-good-ground text-good',
  fair: 'bg-fair-ground text-fair',
  wrong: 'bg-wrong-ground text-wrong',
  calm: 'bg-brand-ground text-brand-link',
  plain: 'bg-ground text-soft',
}
export type Tone = keyof typeof tones

export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1.5 rounded-md px-2 py-0.5 text-sm font-medium whitespace-nowrap ${tones[tone]}`}
    >
      <span aria-hidden="true" className="size-1.5 rounded-full bg-current" />
      {children}
    </span>
  )
}
