/** Whether anybody is there. What the page asks for by itself must not keep a session open that nobody uses. */
const idleMs = 60_000
const prolongMs = 5 * 60_000
const signs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchmove'] as const

let touchedAt = Date.now()
let prolongedAt = Date.now()

export const isIdle = (): boolean => Date.now() - touchedAt > idleMs

/** Calls `prolong` now and then while somebody is there: reading, too, is doing something. */
export function watchPerson(prolong: () => void): () => void {
  function touch() {
    touchedAt = Date.now()
    if (touchedAt - prolongedAt < prolongMs) return
    prolongedAt = touchedAt
    prolong()
  }
  for (const sign of signs) window.addEventListener(sign, touch, { passive: true })
  return () => {
    for (const sign of signs) window.removeEventListener(sign, touch)
  }
}
