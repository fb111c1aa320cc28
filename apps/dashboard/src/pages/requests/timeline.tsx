import type { ResetRequest } from '../../api/types.ts'
import type { Tone } from '../../parts/badge.tsx'
import { Time } from '../../parts/time.tsx'
import { eventWords, reasonOf } from './words.ts'

const dots: Record<Tone, string> = {
  good: 'bg-good',
  fair: 'bg-fair',
  wrong: 'bg-wrong',
  calm: 'bg-brand-link',
  plain: 'bg-field-line',
}

export function Timeline({ entries }: { entries: ResetRequest['timeline'] }) {
  return (
    <ol>
      {entries.map(({ at, type, detail }, index) => {
        const { name, tone } = eventWords(type)
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries are only ever added at the end
          <li key={index} className="group relative flex gap-3 pb-4 last:pb-0">
            <span
              aria-hidden="true"
              className="absolute top-5 bottom-0 left-[5px] w-0.5 bg-line group-last:hidden"
            />
            <span aria-hidden="true" className={`mt-1.5 size-3 shrink-0 rounded-full ${dots[tone]}`} />
            <div className="min-w-0">
              <p className="font-medium">{name}</p>
              <p className="text-sm text-soft">
                <Time at={at} as="full" />
              </p>
              {detail && <p className="mt-0.5 text-sm wrap-anywhere">{reasonOf(detail)}</p>}
            </div>
          </li>
        )
      })}
    </ol>
  )
}
