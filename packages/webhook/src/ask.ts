import { allowList } from './address.ts'
import { type OpenError, type OpenOptions, open, reasonOf } from './open.ts'
import { createPlaces, type Places } from './places.ts'

const answerBytes = 16_384

/** An answer, whole and as text, or why there was none. */
export type Answered = { status: number; text: string } | { error: OpenError | 'too_long' }

export interface Asker {
  /** Posts JSON once, as `open` does, and reads the answer. Never rejects. */
  ask(question: Pick<OpenOptions, 'url' | 'headers' | 'body' | 'deadlineMs'>): Promise<Answered>
  /** A place of this process for a work that waits for such a server. */
  hold: Places['hold']
}

export interface AskerOptions {
  /** Networks that may be called although they are not public, and by plain http: addresses and CIDR. */
  networks: readonly string[]
  /** Works at once for one name, and for all names. */
  places: { each: number; all: number }
}

/** Asks other servers for something, to public addresses only. */
export function createAsker({ networks, places }: AskerOptions): Asker {
  const allowed = allowList(networks)
  return {
    hold: createPlaces(places).hold,
    async ask({ headers, ...question }) {
      const opened = await open({
        ...question,
        headers: { 'user-agent': 'Sparekey-Directory/1', ...headers },
        allowed,
      })
      if ('error' in opened) return opened
      const { response } = opened
      const chunks: Buffer[] = []
      let bytes = 0
      try {
        for await (const chunk of response) {
          bytes += chunk.length
          if (bytes > answerBytes) return { error: 'too_long' }
          chunks.push(chunk)
        }
      } catch (error) {
        return { error: reasonOf(error as Error) }
      }
      return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }
    },
  }
}
