import type { Db } from '@sparekey/db/db'
import { figures } from '@sparekey/db/schema/operators'
import type { Dialect, OutcomeClass } from '@sparekey/db/types'
import { lt, sql } from 'drizzle-orm'
import type { FailureClass, IgnoreReason } from './status.ts'

/** What is counted: what became of requests, and what mail servers said. */
export type Happening =
  | { type: 'accepted' | 'used'; applicationId: string; dialect: Dialect }
  | { type: 'failed'; class: FailureClass; applicationId: string; dialect: Dialect }
  | { type: 'ignored'; reason: IgnoreReason; applicationId: string; dialect: Dialect }
  /** `latencyMs`: from the POST to the mail server's 250; left out for a mail that was sent again. */
  | { type: 'sent'; applicationId: string; dialect: Dialect; latencyMs?: number | undefined }
  | { type: 'attempt'; server: string; outcome: OutcomeClass; applicationId: string; dialect: Dialect }
  /** Something that looks like an attack, once for each hour in which it does. */
  | { type: 'suspected'; what: 'wrong_codes' | 'requests'; applicationId: string }

export type Recorder = (happening: Happening) => void

/** Whose figures: an application's, a dialect's, those of an application in a dialect, or all. */
export interface Scope {
  applicationId?: string | undefined
  dialect?: string | undefined
}

/** Under what the figures of a scope are kept. Only an application's own begins with `app:`. */
export function subjectOf({ applicationId, dialect }: Scope): string {
  const parts = [dialect && `dialect:${dialect}`, applicationId && `app:${applicationId}`]
  return parts.filter(Boolean).join(' ') || 'all'
}

const flushEveryMs = 1_000
const minuteRows = '3 hours'
const hourRows = '9 days'

/** Each bucket of the latency histogram ends this much later than the one before: percentiles are right to 12%. */
const growth = 1.25

/** The bucket of a latency, and what a bucket stands for in seconds (its geometric middle). */
export const bucketOf = (ms: number) => Math.max(0, Math.ceil(Math.log(Math.max(ms, 1)) / Math.log(growth)))
export const secondsOf = (bucket: number) => growth ** (bucket - 0.5) / 1000

/**
 * Counts in this process's memory and adds to the database once a second, all in one statement: the hot path pays
 * nothing. A killed process loses at most that second's counts; the requests' own rows and timelines lose nothing.
 */
export function createFigures({ db, log }: { db: Db; log: { warn(fields: object, message: string): void } }) {
  let counts = new Map<string, number>()
  let writing: Promise<void> | undefined
  const timer = setInterval(() => void flush(), flushEveryMs)
  timer.unref()

  // One key for each name; whose figures it adds to is worked out once a second.
  function record(happening: Happening): void {
    const dialect = happening.type === 'suspected' ? '' : happening.dialect
    for (const name of namesOf(happening)) {
      const key = `${happening.applicationId}\n${dialect}\n${name}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }

  async function write(): Promise<void> {
    if (counts.size === 0) return
    const taken = counts
    counts = new Map()
    const rows = [...taken].flatMap(([key, value]) => {
      const [applicationId, dialect, name] = key.split('\n')
      const scopes: Scope[] = [{}, { applicationId }]
      if (dialect) scopes.push({ dialect }, { applicationId, dialect })
      return scopes.map(scope => ({ subject: subjectOf(scope), name, value }))
    })
    try {
      await db.execute(sql`
        insert into figures (grain, at, subject, name, value)
        select grain, date_trunc(grain, now()), subject, name, sum(value)
        from unnest(array['hour', 'minute']) grain,
          jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as counted(subject text, name text, value bigint)
        group by grain, subject, name
        -- In one order in every process, so that none waits for another in a circle.
        order by grain, subject, name
        on conflict (grain, subject, at, name) do update set value = figures.value + excluded.value`)
    } catch (error) {
      for (const [key, value] of taken) counts.set(key, (counts.get(key) ?? 0) + value)
      log.warn({ error }, 'figures not written; they are added later')
    }
  }

  /** Writes what was counted so far. */
  async function flush(): Promise<void> {
    if (writing) return await writing
    writing = write().finally(() => {
      writing = undefined
    })
    await writing
  }

  return {
    record,
    flush,
    /** Writes the rest. */
    async close(): Promise<void> {
      clearInterval(timer)
      await flush()
      await flush()
    },
  }
}

function namesOf(happening: Happening): string[] {
  if (happening.type === 'attempt') return [`${happening.outcome}@${happening.server}`]
  const names: string[] = [happening.type]
  if (happening.type === 'ignored') names.push(`ignored:${happening.reason}`)
  if (happening.type === 'failed') names.push(`failed:${happening.class}`)
  if (happening.type === 'sent' && happening.latencyMs !== undefined)
    names.push(`latency:${bucketOf(happening.latencyMs)}`)
  return names
}

/** Deletes figures that no window looks at any more. */
export async function purgeFigures({ db }: { db: Pick<Db, 'delete'> }): Promise<void> {
  for (const [grain, kept] of [
    ['minute', minuteRows],
    ['hour', hourRows],
  ] as const) {
    await db
      .delete(figures)
      .where(sql`${figures.grain} = ${grain} and ${lt(figures.at, sql`now() - ${kept}::interval`)}`)
  }
}
