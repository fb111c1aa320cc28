/**
 * Floods of requests: an application whose busiest of the last minutes is far above its usual one. Read from the counts
 * that are kept for the figures, never from the requests, so that a round costs the same whatever the flood.
 */
import type { Executor } from '@sparekey/db/db'
import { spikes } from '@sparekey/db/schema/operators'
import type { WebhookEvent } from '@sparekey/db/types'
import { lt, sql } from 'drizzle-orm'
import { applicationDefaults } from './applications.ts'
import type { Context } from './context.ts'
import { enqueueDeliveries, tell } from './webhooks/events.ts'

/** So many times the average minute of the last 24 whole hours is still no flood. */
const timesUsual = 10

const hour = sql`date_trunc('hour', now())`

/**
 * Says of each application, once an hour at most, that more requests came in a minute than ten times its usual and than
 * its `limits.suspectRequestsMinute`: in the log, in the figures, and by `abuse.suspected`. Refuses nobody.
 * Resolves to how many it said it of.
 */
export async function suspectSpikes(context: Context): Promise<number> {
  let suspected = 0
  for (const flood of await findFloods(context.db)) {
    const { applicationId, inMinute } = flood
    const usualMinute = Math.round(flood.usual * 10) / 10
    const deliveries = await context.db.transaction(async tx => {
      const [first] = await tx
        .insert(spikes)
        .values({ applicationId, hour })
        .onConflictDoNothing()
        .returning({ hour: spikes.hour })
      if (!first) return undefined
      const application = { id: applicationId, webhookEvents: flood.webhookEvents }
      const data = { kind: 'requests', inMinute, usualMinute }
      return await tell(tx, { application, event: 'abuse.suspected', data })
    })
    if (!deliveries) continue
    suspected++
    context.log.warn({ applicationId, inMinute, usualMinute }, 'far more requests than usual')
    context.record?.({ type: 'suspected', what: 'requests', applicationId })
    await enqueueDeliveries(context, deliveries)
  }
  return suspected
}

interface Flood {
  applicationId: string
  webhookEvents: WebhookEvent[]
  /** Requests of the busiest of the last three minutes, the running one among them. */
  inMinute: number
  /** Requests in an average minute of the last 24 whole hours, or since the application was made. */
  usual: number
}

async function findFloods(db: Executor): Promise<Flood[]> {
  const floor = sql`coalesce((a.limits->>'suspectRequestsMinute')::int, ${applicationDefaults.limits.suspectRequestsMinute}::int)`
  const rows = await db.execute<{ id: string; events: WebhookEvent[]; peak: number; usual: number }>(sql`
    select a.id, a.webhook_events as events, recent.peak::int as peak, before.usual::float8 as usual
    from (
      select subject, max(value) as peak from figures
      where grain = 'minute' and at >= date_trunc('minute', now()) - interval '2 minutes'
        and subject like 'app:%' and name = 'accepted'
      group by subject
    ) recent
    join applications a on recent.subject = 'app:' || a.id
    cross join lateral (
      select coalesce(sum(f.value), 0) / (60 * greatest(1, least(24,
        floor(extract(epoch from ${hour} - date_trunc('hour', a.created_at)) / 3600)))) as usual
      from figures f
      where f.grain = 'hour' and f.subject = recent.subject and f.name = 'accepted'
        and f.at >= ${hour} - interval '24 hours' and f.at < ${hour}
    ) before
    where recent.peak > greatest(${floor}, ${timesUsual}::int * before.usual)
      and not exists (select from spikes s where s.application_id = a.id and s.hour = ${hour})`)
  return rows.map(({ id, events, peak, usual }) => ({
    applicationId: id,
    webhookEvents: events,
    inMinute: peak,
    usual,
  }))
}

/** Forgets of which hours it was said. */
export async function purgeSpikes({ db }: { db: Pick<Executor, 'delete'> }): Promise<void> {
  await db.delete(spikes).where(lt(spikes.hour, sql`now() - interval '1 day'`))
}
