import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { findRedis } from '../support/executables.ts'
import type { Stage } from './stage.ts'

/** The machine and the servers' versions, one line each. */
export async function describeMachine({ sql }: Stage): Promise<string[]> {
  const [row] = await sql<{ version: string; commit: string }[]>`
    select current_setting('server_version') as version, current_setting('synchronous_commit') as commit`
  const redis = execFileSync(findRedis(), ['--version'], { encoding: 'utf8' })
  return [
    `${cpus().length} cores, ${cpus()[0]?.model.trim()}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB of memory, ${process.platform}`,
    `Node ${process.versions.node}`,
    `PostgreSQL ${row?.version}, synchronous_commit ${row?.commit}`,
    `Redis ${/v=(\S+)/.exec(redis)?.[1] ?? redis.trim()}`,
  ]
}
