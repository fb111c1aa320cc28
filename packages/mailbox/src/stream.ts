import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Store, StoredMail } from './store.ts'

const HEARTBEAT_MS = 15_000
/** A reader that is so far behind is cut off: it comes back by itself and reads the list anew. */
const BACKLOG = 1_000

/**
 * The live line: server-sent events `mail` (the mail as JSON) and `clear`, and a comment every 15 s, so that a dead line is noticed.
 */
export const createStreams = (store: Store) => {
  const ends = new Set<() => void>()
  const open = (c: Context) =>
    streamSSE(c, async stream => {
      const waiting: (StoredMail | undefined)[] = []
      let ended = false
      let wake = () => {}
      const end = () => {
        ended = true
        wake()
      }
      ends.add(end)
      stream.onAbort(end)
      const unlisten = store.listen(mail => {
        if (waiting.push(mail) > BACKLOG) end()
        wake()
      })
      const heartbeat = setInterval(() => void stream.write(': still here\n\n'), HEARTBEAT_MS)
      try {
        await stream.write('retry: 1000\n\n: welcome\n\n')
        while (!ended) {
          if (waiting.length === 0) await new Promise<void>(resolve => (wake = resolve))
          for (const mail of waiting.splice(0)) {
            if (mail) await stream.writeSSE({ event: 'mail', id: mail.id, data: JSON.stringify(mail) })
            else await stream.writeSSE({ event: 'clear', data: '{}' })
          }
        }
      } finally {
        clearInterval(heartbeat)
        unlisten()
        ends.delete(end)
      }
    })
  const closeAll = () => {
    for (const end of [...ends]) end()
  }
  return { open, closeAll }
}
