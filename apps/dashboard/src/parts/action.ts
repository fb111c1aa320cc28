import { useState } from 'react'
import { type Failure, toFailure } from '../api/problem.ts'

/** Something that is done once and may fail: whether it runs, and why it did not work. */
export function useAction() {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  async function run(work: () => Promise<unknown>): Promise<boolean> {
    setBusy(true)
    setFailure(undefined)
    try {
      await work()
      return true
    } catch (thrown) {
      setFailure(toFailure(thrown))
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, failure, run }
}
