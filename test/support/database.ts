import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'

/** A migrated database of one test file's own. */
export interface FreshDatabase {
  url: string
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>
}

/** Clones the migrated template, which takes some 50 ms. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const template = inject('templateDatabase')
  await onServer(client => client.unsafe(`create database ${name} template ${template}`))
  const url = new URL(inject('postgresUrl'))
  url.pathname = name
  return {
    url: url.href,
    async drop() {
      await onServer(client => client.unsafe(`drop database if exists ${name} with (force)`))
    },
  }
}

async function onServer(work: (client: postgres.Sql) => Promise<unknown>): Promise<void> {
  const client = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} })
  try {
    await work(client)
  } finally {
    await client.end({ timeout: 5 })
  }
}
