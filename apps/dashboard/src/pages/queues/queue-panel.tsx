import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../../api/client.ts'
import { type JobState, jobStates, type Queue } from '../../api/types.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { tell } from '../../parts/note.tsx'
import { formatSeconds, formatShort } from '../../parts/numbers.ts'
import { Panel } from '../../parts/panel.tsx'
import { queueWords, stateWords } from './words.ts'

interface Props {
  queue: Queue
  /** The state whose jobs are listed below. */
  shown: JobState | undefined
  onShow(state: JobState): void
}

export function QueuePanel({ queue, shown, onShow }: Props) {
  const [asked, setAsked] = useState(false)
  const { name, paused, counts, oldestWaitingSeconds: oldest } = queue
  const { title, about } = queueWords(name)
  return (
    <Panel
      title={title}
      about={oldest === null ? about : `${about}. The oldest has waited ${formatSeconds(oldest)}.`}
      aside={
        <div className="flex items-center gap-2">
          <Badge tone={paused ? 'fair' : 'good'}>{paused ? 'Paused' : 'Running'}</Badge>
          <Button size="small" onClick={() => setAsked(true)}>
            {paused ? 'Resume' : 'Pause'}
            <span className="sr-only">{title}</span>
          </Button>
        </div>
      }
    >
      <ul className="grid grid-cols-6 gap-2 sm:grid-cols-5">
        {jobStates.map(state => (
          <li key={state} className="col-span-2 nth-[n+4]:col-span-3 sm:col-span-1 sm:nth-[n+4]:col-span-1">
            <button
              type="button"
              aria-pressed={state === shown}
              onClick={() => onShow(state)}
              className="w-full rounded-control border border-line bg-ground px-2.5 py-2 text-left hover:border-field-line aria-pressed:border-brand-edge aria-pressed:bg-brand-ground"
            >
              <span
                className={`figures block text-lg leading-tight font-semibold ${state === 'failed' && counts.failed > 0 ? 'text-wrong' : ''}`}
              >
                {formatShort(counts[state])}
              </span>
              <span className="text-sm text-soft">{stateWords[state]}</span>
            </button>
          </li>
        ))}
      </ul>
      {asked && <ConfirmPause queue={queue} onClose={() => setAsked(false)} />}
    </Panel>
  )
}

function ConfirmPause({ queue: { name, paused }, onClose }: { queue: Queue; onClose(): void }) {
  const client = useQueryClient()
  // What the dialog asks must not turn round beneath the finger when the figures do.
  const [resuming] = useState(paused)
  const { title, whenPaused } = queueWords(name)

  async function change() {
    const params = { path: { name } }
    await answer(
      resuming
        ? api.POST('/v1/queues/{name}/resume', { params })
        : api.POST('/v1/queues/{name}/pause', { params }),
    )
    await client.invalidateQueries({ queryKey: ['queues'] })
    tell(resuming ? `${title}: runs again.` : `${title}: paused.`)
  }

  return (
    <Confirm
      title={resuming ? `Resume ${title}?` : `Pause ${title}?`}
      action={resuming ? 'Resume' : 'Pause'}
      onDo={change}
      onClose={onClose}
    >
      {resuming ? 'The workers go on with what waits.' : whenPaused}
    </Confirm>
  )
}
