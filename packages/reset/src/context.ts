import type { Db } from '@sparekey/db/db'
import type { Queues } from '@sparekey/queue/queues'
import type { Asker } from '@sparekey/webhook/ask'
import type { Recorder } from './figures.ts'

/** A key that tokens are derived with; `id` names it in the rows it minted. */
export interface Secret {
  id: string
  key: Buffer
}

/**
 * Between two steps that must stand a crash: what was done last.
 *
 *   asking      row written ─► promised by a 202 ─► job enqueued
 *   a mail      first composed ─► minted ─► begun, later claimed ─► composed ─► begun ─► answered ─► settled
 *               a first try is composed while its COMMIT is under way, and may be begun as it is minted: then `begun` is
 *               not passed
 *   a webhook   posted, before that is written down
 *   completion  password hashed ─► everything changed
 */
export type Point =
  | 'written'
  | 'promised'
  | 'enqueued'
  | 'minted'
  | 'claimed'
  | 'composed'
  | 'begun'
  | 'answered'
  | 'settled'
  | 'posted'
  | 'hashed'
  | 'changed'

/** What every verb works with. */
export interface Context {
  db: Db
  queues: Pick<Queues, 'add'>
  /** Newest first. */
  secrets: readonly Secret[]
  /** Whether a password is known from a breach; undefined: not asked. */
  isBreached?: (password: string) => Promise<boolean>
  /** How far behind others an application's next job waits; 0 unless told. */
  fairness?: (applicationId: string) => number
  /** How applications' own servers are asked, in `http` directories. */
  asker?: Asker
  /** Where vendors check a proof of humanity, instead of their own address. Only tests set it. */
  siteverify?: Partial<Record<'turnstile' | 'hcaptcha', string>>
  /** Each request has a trace of its own: its job is added by itself. */
  traced?: boolean
  /** Most of a worker's hands are full, so that its mails wait anyway: their steps may wait for company. */
  isFull?: () => boolean
  /** Told of what happened, once it is committed; must not throw. */
  record?: Recorder
  /**
   * Held up between two steps, where a crash would be worst. Only fault tests set it, in processes of their own: no main
   * does, and nothing in the environment can.
   */
  reached?: (point: Point) => Promise<void>
  log: { warn(fields: object, message: string): void; info(fields: object, message: string): void }
}

/** The newest key: what is minted now is minted with it. */
export function newestSecret({ secrets }: Pick<Context, 'secrets'>): Secret {
  const secret = secrets[0]
  if (!secret) throw new TypeError('no secret')
  return secret
}

/** The key that a row names, or undefined where the operator has taken it away. */
export function secretById({ secrets }: Pick<Context, 'secrets'>, id: string | null): Secret | undefined {
  return secrets.find(secret => secret.id === id)
}
