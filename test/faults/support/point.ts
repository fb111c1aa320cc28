import { existsSync } from 'node:fs'
import type { Context, Point } from '@sparekey/reset/context'

/** What a test's child does at a point: it says so, and then waits to be killed, or stands still until a file is there. */
export interface Halt {
  point: Point
  standUntil?: string | undefined
}

/** What a child prints when it has come to its point. */
export const sayingOf = (point: Point) => `halted: ${point}`

/** A core's `reached` that halts once, at the first time that the point comes up. */
export function haltAt({ point, standUntil }: Halt): Context['reached'] {
  let halted = false
  return async reached => {
    if (reached !== point || halted) return
    halted = true
    process.stdout.write(`${sayingOf(point)}\n`)
    if (!standUntil) return await new Promise(() => {})
    // Not a promise: timers, locks and leases of this process must stand still too.
    const cell = new Int32Array(new SharedArrayBuffer(4))
    while (!existsSync(standUntil)) Atomics.wait(cell, 0, 0, 20)
  }
}
