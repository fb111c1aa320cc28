import { EmbeddedPostgresError } from '@sparekey/embedded/postgres'
import { CommandError, codeOf } from '../failure.ts'

export type State = 'ok' | 'warn' | 'fail'

/** What a check saw: `says` in a few words, and `mend` where something is to be done. */
export interface Finding {
  state: State
  says: string
  mend?: string
}

/** One line of the doctor. It looks and changes nothing. */
export interface Check {
  name: string
  run(): Promise<Finding>
}

export type Result = { name: string } & Finding

/** So long a check may take; what several checks wait for ends a little earlier, so that each can say so. */
const checkMs = 5_000
const lookMs = 4_500

export const ok = (says: string): Finding => ({ state: 'ok', says })
export const warn = (says: string, mend?: string): Finding => ({ state: 'warn', says, mend })
export const fail = (says: string, mend?: string): Finding => ({ state: 'fail', says, mend })

const noAnswer = fail(
  'no answer in time',
  'see whether the server hangs, or something between drops what is sent',
)

/** A check whose finding is known already. */
export const known = (name: string, finding: Finding): Check => ({ name, run: async () => finding })

/** Runs checks side by side; their results stand in the checks' order. Never rejects. */
export function runChecks(checks: Check[]): Promise<Result[]> {
  return Promise.all(
    checks.map(async ({ name, run }) => {
      const finding = await inTime(checkMs, run(), noAnswer).catch(explainError)
      return { name, ...finding }
    }),
  )
}

/** What comes out of some work, or something else when that takes too long. */
export async function inTime<T, L>(ms: number, work: Promise<T>, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined
  const waited = new Promise<L>(resolve => {
    timer = setTimeout(() => resolve(late), ms)
  })
  try {
    return await Promise.race([work, waited])
  } finally {
    clearTimeout(timer)
  }
}

/** What several checks need: a look that is taken once, or why there is none. */
export type Looked<T> = Promise<{ seen: T } | { broke: Finding }>

export function lookOnce<T>(look: () => Promise<T>): Looked<T> {
  const looking = look().then(
    seen => ({ seen }),
    error => ({ broke: explainError(error) }),
  )
  return inTime(lookMs, looking, { broke: noAnswer })
}

/** A check of what was looked at; `without` is said when there was nothing to look at. */
export function checkOf<T>(
  name: string,
  looked: Looked<T>,
  judge: (seen: T) => Finding,
  without?: string,
): Check {
  return {
    name,
    async run() {
      const look = await looked
      if ('seen' in look) return judge(look.seen)
      return without ? warn(`not looked at: ${without}`) : look.broke
    },
  }
}

/** Our own errors speak in whole lines, with the way to mend them behind a colon; of others only the code is told. */
function explainError(error: unknown): Finding {
  if (error instanceof CommandError || error instanceof EmbeddedPostgresError) {
    const colon = error.message.lastIndexOf(': ')
    if (colon < 0) return fail(trim(error.message))
    return fail(error.message.slice(0, colon), trim(error.message.slice(colon + 2)))
  }
  const name = error instanceof Error ? error.name : typeof error
  return fail(`could not be looked at: ${codeOf(error) ?? name}`)
}

const trim = (text: string) => text.replace(/\.$/, '')

export const milliseconds = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`)
