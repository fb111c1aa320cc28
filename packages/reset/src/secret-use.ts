import { sql } from 'drizzle-orm'
import type { Context } from './context.ts'

/** Keys, by their ids, that rows need. */
export interface SecretUse {
  /** Those that tokens and codes of live requests were derived with. */
  requests: string[]
  /** Those that secrets of webhooks, directories and vendors are sealed with. */
  sealed: string[]
}

/** Of each so many are looked at, the newest requests first: a key that is missing is missed by all of its time. */
const most = 10_000

/** Which keys the rows need that are still of use. */
export async function readSecretUse({ db }: Pick<Context, 'db'>): Promise<SecretUse> {
  const rows = await db.execute<{ kind: keyof SecretUse; id: string }>(sql`
    select distinct kind, id from (
      (select 'requests' as kind, secret_id as id from reset_requests
        where token_digest is not null and ended_at is null order by expires_at desc limit ${most})
      union all
      (select 'sealed', secret->>'secretId' from webhook_endpoints, jsonb_array_elements(secrets) as secret
        where secret->>'until' is null or (secret->>'until')::timestamptz > now() limit ${most})
      union all
      (select 'sealed', human_proof->'secret'->>'secretId' from applications
        where human_proof is not null limit ${most})
    ) as named where id is not null order by kind, id`)
  const of = (wanted: keyof SecretUse) => rows.flatMap(({ kind, id }) => (kind === wanted ? [id] : []))
  return { requests: of('requests'), sealed: of('sealed') }
}
