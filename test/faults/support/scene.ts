import type { TestContext } from 'vitest'
import { createDice, type Dice, someSeed } from './dice.ts'

export interface Scene {
  dice: Dice
  /** Remembers what the test opens, and closes it at its end, the newest first. */
  open<T extends { close(): Promise<unknown> }>(thing: T): T
}

/** A test's body with dice; a failure says how to throw them again. Tests of one file may run at once. */
export function scene(work: (scene: Scene) => Promise<void>) {
  return async ({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<void> => {
    const opened: (() => Promise<unknown>)[] = []
    onTestFinished(async () => {
      for (const close of opened.splice(0).reverse()) await close()
    })
    const seed = someSeed()
    try {
      await work({
        dice: createDice(seed),
        open(thing) {
          opened.push(thing.close)
          return thing
        },
      })
    } catch (error) {
      if (error instanceof Error)
        error.message += `\nSame again: FAULT_SEED=${seed} npx vitest run test/faults`
      throw error
    }
  }
}
