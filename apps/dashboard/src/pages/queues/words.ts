import type { JobState } from '../../api/types.ts'

interface QueueWords {
  title: string
  about: string
  whenPaused: string
}

const known: Record<string, QueueWords> = {
  mail: {
    title: 'Mail',
    about: 'Makes tokens and sends mails',
    whenPaused:
      'What is in the workers’ hands is finished; nothing new begins. Requests are still taken, but their mails wait, and fail when they have waited too long.',
  },
  housekeeping: {
    title: 'Housekeeping',
    about: 'Finds what was lost, ends what ran out, deletes what is old',
    whenPaused: 'Lost jobs are not found again, and links do not show as expired, until you resume it.',
  },
  webhook: {
    title: 'Webhooks',
    about: 'Tells applications what happened',
    whenPaused: 'Applications hear nothing of what happens until you resume it.',
  },
}

/** A queue that came later than these words goes by its name. */
export function queueWords(name: string): QueueWords {
  return known[name] ?? { title: name, about: '', whenPaused: 'Nothing new begins until you resume it.' }
}

export const stateWords: Record<JobState, string> = {
  waiting: 'Waiting',
  active: 'Active',
  delayed: 'Delayed',
  failed: 'Failed',
  completed: 'Completed',
}
