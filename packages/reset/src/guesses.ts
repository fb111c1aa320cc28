/**
 * The breaker for codes that come without a login. Such a guess may hit any live code of the application, so tries can't
 * be counted by code; wrong ones are counted for the whole application instead, in Postgres, so that all processes count
 * together. With L live codes of d digits, the chance that anything is hit in a day is wrongCodesDay × L / 10^d.
 */
import type { Executor } from '@sparekey/db/db'
import { codeGuesses } from '@sparekey/db/schema/reset-requests'
import { sql } from 'drizzle-orm'
import type { Application } from './applications.ts'
import type { Context } from './context.ts'
import { ResetError } from './errors.ts'
import { enqueueDeliveries, tell } from './webhooks/events.ts'

const hour = sql`date_trunc('hour', now())`

/**
 * Counts a guess as wrong until it proves right. One that is refused is not counted, so that a breaker which tripped is
 * not kept open by further guesses. Throws ResetError `rate_limited` when there were too many.
 */
export async function countGuess(
  context: Context,
  application: Pick<Application, 'id' | 'limits' | 'webhookEvents'>,
): Promise<void> {
  const { db } = context
  const {
    id,
    limits: { wrongCodesHour, wrongCodesDay },
  } = application
  const before = sql`(select coalesce(sum(g.wrong), 0) from code_guesses g
    where g.application_id = ${id} and g.hour > now() - interval '1 day' and g.hour < ${hour})`
  const [counted] = await db.execute<{ wrong: number }>(sql`
    insert into code_guesses (application_id, hour, wrong)
    select ${id}, ${hour}, 1 where ${before} < ${wrongCodesDay}
    on conflict (application_id, hour) do update set wrong = code_guesses.wrong + 1
    where code_guesses.wrong < ${wrongCodesHour} and ${before} + code_guesses.wrong < ${wrongCodesDay}
    returning wrong`)
  if (counted) {
    if (counted.wrong === wrongCodesHour) await suspect(context, application, counted.wrong)
    return
  }
  throw new ResetError('rate_limited', 'Too many wrong codes were tried. No code is taken for now.', {
    retryAfter: await secondsUntilOpen(db, id, wrongCodesDay),
  })
}

/** Says that this looks like an attack: in the log, in the figures, and to the application. */
async function suspect(
  context: Context,
  application: Pick<Application, 'id' | 'webhookEvents'>,
  wrong: number,
): Promise<void> {
  const { id: applicationId } = application
  context.log.warn({ applicationId, wrong }, 'many wrong codes: no further one is taken this hour')
  context.record?.({ type: 'suspected', what: 'wrong_codes', applicationId })
  const data = { what: 'wrong_codes', inHour: wrong }
  await enqueueDeliveries(context, await tell(context.db, { application, event: 'abuse.suspected', data }))
}

/** Until the hour is over, or until so much of the day is that its sum is below the limit again. */
async function secondsUntilOpen(db: Executor, id: string, wrongCodesDay: number): Promise<number> {
  const rows = await db
    .select({
      wrong: codeGuesses.wrong,
      leavesIn: sql`extract(epoch from ${codeGuesses.hour} + interval '1 day' - now())`.mapWith(Number),
      hourLeft: sql`extract(epoch from ${hour} + interval '1 hour' - now())`.mapWith(Number),
    })
    .from(codeGuesses)
    .where(sql`${codeGuesses.applicationId} = ${id} and ${codeGuesses.hour} > now() - interval '1 day'`)
    .orderBy(codeGuesses.hour)
  let sum = rows.reduce((total, { wrong }) => total + wrong, 0)
  let seconds = rows[0]?.hourLeft ?? 1
  for (const { wrong, leavesIn } of rows) {
    if (sum < wrongCodesDay) break
    sum -= wrong
    seconds = leavesIn
  }
  return Math.max(1, Math.ceil(seconds))
}

/** Takes a guess off that proved right. */
export async function forgiveGuess(
  { db }: Pick<Context, 'db'>,
  { id }: Pick<Application, 'id'>,
): Promise<void> {
  await db
    .update(codeGuesses)
    .set({ wrong: sql`${codeGuesses.wrong} - 1` })
    .where(
      sql`${codeGuesses.applicationId} = ${id} and ${codeGuesses.hour} = ${hour} and ${codeGuesses.wrong} > 0`,
    )
}
