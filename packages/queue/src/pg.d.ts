// The little of pg that is used here; it ships no types of its own.
declare module 'pg' {
  import type { PgClient, PgPool, PgPoolConfig } from 'bullmq'
  export const Pool: new (config: PgPoolConfig) => PgPool & { options: object }
  export const Client: new (
    config: PgPoolConfig,
  ) => PgClient & {
    on(event: 'error', listener: (error: Error) => void): unknown
  }
}
