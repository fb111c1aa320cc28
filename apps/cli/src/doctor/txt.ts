import type { Resolver } from 'node:dns/promises'
import { type Finding, inTime, warn } from './check.ts'

/** The part of a resolver of node:dns/promises that is used here. */
export type TxtResolver = Pick<Resolver, 'resolveTxt'>

const lookUpMs = 4_000

/** The TXT records of a name; undefined: there is no such name. `away` is the finding where nobody can be asked. */
export async function lookUp(
  resolver: TxtResolver,
  name: string,
): Promise<{ texts?: string[]; away?: Finding }> {
  const away = (code: string) => ({
    away: warn(`${name} could not be looked up (${code})`, 'ask again where DNS can be asked'),
  })
  const asked = resolver.resolveTxt(name).then(
    records => ({ texts: records.map(parts => parts.join('')) }),
    error => {
      const { code } = error as { code?: string }
      if (code === 'ENODATA') return { texts: [] }
      return code === 'ENOTFOUND' ? {} : away(code ?? 'no answer')
    },
  )
  return await inTime(lookUpMs, asked, away('no answer'))
}
