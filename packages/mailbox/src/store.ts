/** One mail as one envelope recipient got it. */
export type StoredMail = {
  id: string
  /** Address of the envelope recipient. */
  to: string
  /** Address of the From header; without one, the envelope's sender. */
  from: string
  subject: string
  /** The part of that type; null when the mail has none. */
  text: string | null
  html: string | null
  /** Lower-case name to decoded value, or to all values in order when the header is repeated. */
  headers: Record<string, string | string[]>
  /** ISO 8601, UTC. */
  receivedAt: string
}

/** What a listener hears: a mail that came, or undefined when the store was emptied. */
export type Listener = (mail: StoredMail | undefined) => void

const asciiLowerCase = (text: string) => text.replace(/[A-Z]/g, letter => letter.toLowerCase())

/** Keeps the newest `keep` mails in memory, and tells listeners of every change. */
export const createStore = (keep: number) => {
  const mails: { mail: StoredMail; source: Buffer }[] = []
  const listeners = new Set<Listener>()
  const tell = (mail: StoredMail | undefined) => {
    for (const listener of [...listeners]) listener(mail)
  }
  return {
    add: (mail: StoredMail, source: Buffer) => {
      mails.unshift({ mail, source })
      mails.length = Math.min(mails.length, keep)
      tell(mail)
    },
    /** Newest first; with `to`, those for that recipient, ASCII letters compared without case. */
    list: (to?: string): StoredMail[] => {
      const all = mails.map(entry => entry.mail)
      if (to === undefined) return all
      const wanted = asciiLowerCase(to.trim())
      return all.filter(mail => asciiLowerCase(mail.to) === wanted)
    },
    /** The mail and, as it came over the wire, its source. */
    get: (id: string) => mails.find(entry => entry.mail.id === id),
    clear: () => {
      mails.length = 0
      tell(undefined)
    },
    /** Returns the call that ends the listening. */
    listen: (listener: Listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}

export type Store = ReturnType<typeof createStore>
