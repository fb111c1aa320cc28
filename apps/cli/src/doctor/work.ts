import type { Db } from '@sparekey/db/db'
import { readWaiting } from '@sparekey/reset/waiting'
import { listWorkers } from '@sparekey/reset/workers'
import { type Check, checkOf, type Finding, fail, type Looked, ok, warn } from './check.ts'

/** What the tables tell of the running system. */
export interface WorkLook {
  workers: Awaited<ReturnType<typeof listWorkers>>
  waiting: Awaited<ReturnType<typeof readWaiting>>
}

export const lookAtWork = async (db: Db): Promise<WorkLook> => ({
  workers: await listWorkers({ db }),
  waiting: await readWaiting({ db }),
})

const lateSeconds = 60
/** What an application waits for a mail, unless told otherwise. */
const lostSeconds = 15 * 60

/** Checks of the workers and of what waits for them. */
export function workChecks(looked: Looked<WorkLook>): Check[] {
  const without = 'it needs the database, up to date'
  return [checkOf('Workers', looked, workers, without), checkOf('Waiting requests', looked, waiting, without)]
}

function workers({ workers: listed }: WorkLook): Finding {
  const workers = listed.filter(({ alive }) => alive)
  if (workers.length === 0)
    return warn(
      'none was heard of in the last 20 seconds: requests are taken, but no mail goes out',
      'start one: sparekey worker, or sparekey start',
    )
  const busy = workers.reduce((sum, worker) => sum + worker.busy, 0)
  const room = workers.reduce((sum, worker) => sum + worker.concurrency, 0)
  const hosts = [...new Set(workers.map(({ host }) => host))].slice(0, 5).join(', ')
  const says = `${workers.length} alive (${hosts}), ${busy} of ${room} mails in hand`
  const gone = listed.length - workers.length
  if (gone === 0) return ok(says)
  return warn(
    `${says}; ${gone} went away without a word in the last 5 minutes`,
    'see why in its log, and whether something killed it; others take over what it had in hand',
  )
}

function waiting({ waiting: { requests, oldestSeconds } }: WorkLook): Finding {
  if (requests === 0 || oldestSeconds === null) return ok('none')
  const says = `${requests}, the oldest for ${Math.round(oldestSeconds)} s`
  if (oldestSeconds < lateSeconds) return ok(says)
  const mend = 'see the lines above, and failed jobs at /dashboard; more workers where all hands are full'
  if (oldestSeconds < lostSeconds) return warn(says, mend)
  return fail(`${says}: after 15 minutes a mail is no longer sent`, mend)
}
