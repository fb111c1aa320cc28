/**
 * Breakers for guessed codes. Wrong ones are counted for a whole application, by the hour, in Postgres, so that all
 * processes count together; and apart for each way, so that whoever trips one breaker leaves the other way open:
 *
 * exchange  for a request or a login. A guess may hit one code, which bears five tries; however many codes a guesser goes
 *           through, the chance that one of d digits is hit in a day is wrongExchangesDay / 10^d
 * alone     nothing tells whose code it is, so a guess may hit any of L live ones, and tries can't be counted by code: the
 *           chance is wrongCodesDay × L / 10^d
 */
import { codeGuesses } from '@sparekey/db/schema/reset-requests'
import { type SQL, sql } from 'drizzle-orm'
import { type Application, applicationDefaults } from './applications.ts'
import type { Context } from './context.ts'
import { enqueueDeliveries, tell } from './webhooks/events.ts'

const ways = {
  exchange: {
    wrong: codeGuesses.wrongExchanges,
    told: codeGuesses.toldExchanges,
    hour: 'wrongExchangesHour',
    day: 'wrongExchangesDay',
  },
  alone: {
    wrong: codeGuesses.wrong,
    told: codeGuesses.told,
    hour: 'wrongCodesHour',
    day: 'wrongCodesDay',
  },
} as const

export type Way = keyof typeof ways

type Guessed = Pick<Application, 'id' | 'limits' | 'webhookEvents'>

const thisHour = sql`date_trunc('hour', now())`

/** How many wrong ones an application bears. One made by an older version may lack a limit. */
function limitsOf({ limits }: Pick<Application, 'limits'>, way: Way) {
  const { [ways[way].hour]: hour, [ways[way].day]: day } = { ...applicationDefaults.limits, ...limits }
  return { hour, day }
}

/**
 * The statement that counts a guess as wrong until it proves right. It returns no row where there were too many, and the
 * guess must not be looked at. Such a one is not counted, so that a breaker which tripped is not kept open by further guesses.
 */
export function countGuess(application: Pick<Application, 'id' | 'limits'>, way: Way): SQL {
  const { id } = application
  const most = limitsOf(application, way)
  const wrong = sql.identifier(ways[way].wrong.name)
  const sum = (hours: SQL) => sql`(select coalesce(sum(g.${wrong}), 0) from code_guesses g
    where g.application_id = ${id} and g.hour ${hours})`
  const before = sum(sql`> now() - interval '1 day' and g.hour < ${thisHour}`)
  const fits = (inHour: SQL) => sql`${inHour} < ${most.hour} and ${before} + ${inHour} < ${most.day}`
  // Asked first without a lock, so that a flood of refused ones costs next to nothing.
  return sql`insert into code_guesses (application_id, hour, ${wrong})
    select ${id}, ${thisHour}, 1 where ${fits(sum(sql`= ${thisHour}`))}
    on conflict (application_id, hour) do update set ${wrong} = code_guesses.${wrong} + 1
    where ${fits(sql`code_guesses.${wrong}`)} returning 1`
}

/**
 * Says of guesses that are refused, once an hour at most, that they look like an attack: in the log, in the figures, and
 * to the application. Resolves to the seconds until the next one is looked at.
 */
export async function refuseGuess(context: Context, application: Guessed, way: Way): Promise<number> {
  const most = limitsOf(application, way)
  const hours = await context.db
    .select({
      wrong: ways[way].wrong,
      told: ways[way].told,
      isThis: sql<boolean>`${codeGuesses.hour} = ${thisHour}`,
      leavesIn: sql`extract(epoch from ${codeGuesses.hour} + interval '1 day' - now())`.mapWith(Number),
      hourLeft: sql`extract(epoch from ${thisHour} + interval '1 hour' - now())`.mapWith(Number),
    })
    .from(codeGuesses)
    .where(
      sql`${codeGuesses.applicationId} = ${application.id} and ${codeGuesses.hour} > now() - interval '1 day'`,
    )
    .orderBy(codeGuesses.hour)
  const current = hours.find(({ isThis }) => isThis)
  const inHour = current?.wrong ?? 0
  const inDay = hours.reduce((total, { wrong }) => total + wrong, 0)
  // A right guess may have been taken off meanwhile, or the hour be over.
  const tripped = inHour >= most.hour || inDay >= most.day
  if (tripped && !current?.told) await suspect(context, application, way, { inHour, inDay })

  let seconds = current && inHour >= most.hour ? current.hourLeft : 1
  let left = inDay
  for (const { wrong, leavesIn } of hours) {
    if (left < most.day) break
    left -= wrong
    seconds = Math.max(seconds, leavesIn)
  }
  return Math.ceil(seconds)
}

async function suspect(
  context: Context,
  application: Guessed,
  way: Way,
  counts: { inHour: number; inDay: number },
): Promise<void> {
  const { id: applicationId } = application
  const { told, hour, day } = ways[way]
  const limit = counts.inHour >= limitsOf(application, way).hour ? hour : day
  const deliveries = await context.db.transaction(async tx => {
    const column = sql.identifier(told.name)
    const [first] = await tx.execute(sql`
      insert into code_guesses (application_id, hour, ${column}) values (${applicationId}, ${thisHour}, true)
      on conflict (application_id, hour) do update set ${column} = true where not code_guesses.${column}
      returning 1`)
    if (!first) return undefined
    const data = { kind: 'wrong_codes', limit, ...counts }
    return await tell(tx, { application, event: 'abuse.suspected', data })
  })
  if (!deliveries) return
  context.log.warn({ applicationId, limit, ...counts }, 'too many wrong codes: none is taken for now')
  context.record?.({ type: 'suspected', what: 'wrong_codes', applicationId })
  await enqueueDeliveries(context, deliveries)
}

/** Takes a guess off that proved right. */
export async function forgiveGuess(
  { db }: Pick<Context, 'db'>,
  { id }: Pick<Application, 'id'>,
  way: Way,
): Promise<void> {
  const wrong = sql.identifier(ways[way].wrong.name)
  await db.execute(sql`
    update code_guesses set ${wrong} = ${wrong} - 1
    where application_id = ${id} and hour = ${thisHour} and ${wrong} > 0`)
}
