import type { Config } from '@sparekey/config/config'
import { type EmbeddedLook, lookAtEmbeddedPostgres } from '@sparekey/embedded/look'
import { type Finding, lookOnce, ok, warn } from './check.ts'

/** Where the database can be asked, or what is to be said of an embedded one that does not run. */
export type Place = { url: string; where: string } | { finding: Finding }

/** Finds the database without starting it. */
export async function findDatabase({ databaseUrl, dataDir }: Config): Promise<Place> {
  if (databaseUrl) {
    const { hostname, port } = new URL(databaseUrl)
    return { url: databaseUrl, where: `${hostname}:${port || 5432}` }
  }
  const look = await lookOnce(() => lookAtEmbeddedPostgres(dataDir))
  if ('broke' in look) return { finding: look.broke }
  const { seen } = look
  if (seen.state === 'running') return { url: seen.url, where: `the embedded one in ${dataDir}` }
  return { finding: judge(seen, dataDir) }
}

function judge(look: Exclude<EmbeddedLook, { url: string }>, dataDir: string): Finding {
  if (look.state === 'none') return ok(`none yet: the first start makes one in ${dataDir}`)
  const says = `the embedded Postgres ${look.major} in ${dataDir}`
  if (look.state === 'stopped') return ok(`${says} lies ready, and does not run`)
  return warn(`${says} is starting or stopping`, 'ask again in a moment')
}
