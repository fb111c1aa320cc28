import type { DatabaseLook } from '@sparekey/db/look'
import { type Check, checkOf, type Finding, fail, type Looked, milliseconds, ok, warn } from './check.ts'

const oldest = 14
const mostClockMs = 2_000
const without = 'it needs the database'

/** Checks of Postgres, all from one look at it. `where` is its host and port. */
export function databaseChecks(where: string, looked: Looked<DatabaseLook>): Check[] {
  return [
    checkOf('Database', looked, look => server(where, look)),
    checkOf('Migrations', looked, migrations, without),
    checkOf('Database clock', looked, clock, without),
    checkOf('Durability', looked, durability, without),
  ]
}

function server(where: string, { version, major, roundTripMs }: DatabaseLook): Finding {
  const says = `Postgres ${version} at ${where}, ${milliseconds(roundTripMs)} a round trip`
  if (major < oldest) return fail(`${says}: too old`, `use Postgres ${oldest} or newer`)
  return ok(says)
}

function migrations({ pending, ahead }: DatabaseLook): Finding {
  if (pending.length > 0) return fail(`pending: ${pending.join(', ')}`, 'run sparekey migrate')
  if (ahead)
    return warn('the database is newer than this Sparekey', 'run the version that its other machines run')
  return ok('up to date')
}

function clock({ clockAheadMs }: DatabaseLook): Finding {
  const apart = Math.abs(clockAheadMs)
  const side = clockAheadMs > 0 ? 'ahead of' : 'behind'
  if (apart < mostClockMs) return ok(`${milliseconds(apart)} from this machine's`)
  return warn(
    `${(apart / 1000).toFixed(1)} s ${side} this machine's: retries and delays come at the wrong time`,
    'let both set their clocks by NTP',
  )
}

function durability({ settings }: DatabaseLook): Finding {
  const off = Object.entries(settings).filter(([, value]) => value === 'off')
  const says = (entries: [string, string][]) => entries.map(pair => pair.join(' ')).join(', ')
  if (off.length === 0) return ok(says(Object.entries(settings)))
  return fail(
    `${says(off)}: a crash of the server loses requests that were answered 202`,
    `turn it on, here or for the role: alter system set ${off[0]?.[0]} = on`,
  )
}
