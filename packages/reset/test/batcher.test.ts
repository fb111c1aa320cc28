import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createBatcher } from '../src/batcher.ts'

/** Work that ends when it is told to. */
function held() {
  const runs: { items: number[]; end(error?: Error): void }[] = []
  const work = (items: number[]) =>
    new Promise<(number | Error)[]>((resolve, reject) => {
      runs.push({
        items,
        end: error => (error ? reject(error) : resolve(items.map(item => item * 10))),
      })
    })
  return { runs, work }
}
const turn = () => new Promise(resolve => setImmediate(resolve))

describe('a batcher', () => {
  it('lets a lone call go at once, and those that come meanwhile go together, each with its own result', async () => {
    const { runs, work } = held()
    const call = createBatcher(work)
    const first = call(1)
    await turn()
    const others = [call(2), call(3)]
    await turn()
    expect(runs.map(run => run.items)).toEqual([[1]])
    runs[0]?.end()
    expect(await first).toBe(10)
    await turn()
    expect(runs.map(run => run.items)).toEqual([[1], [2, 3]])
    runs[1]?.end()
    expect(await Promise.all(others)).toEqual([20, 30])
  })

  it('lets calls go together that come in one turn of the event loop, whatever is done between them', async () => {
    const { runs, work } = held()
    const call = createBatcher(work)
    const calls = [call(1)]
    for (let step = 0; step < 10; step++) await Promise.resolve()
    calls.push(call(2))
    await new Promise<void>(resolve => process.nextTick(resolve))
    calls.push(call(3))
    await turn()
    expect(runs.map(run => run.items)).toEqual([[1, 2, 3]])
    runs[0]?.end()
    expect(await Promise.all(calls)).toEqual([10, 20, 30])
  })

  it('takes no more at once than it may, in their order', async () => {
    const { runs, work } = held()
    const call = createBatcher(work, { most: 2 })
    const calls = [1, 2, 3, 4, 5].map(call)
    for (let run = 0; run < 3; run++) {
      await turn()
      runs[run]?.end()
    }
    expect(await Promise.all(calls)).toEqual([10, 20, 30, 40, 50])
    expect(runs.map(run => run.items)).toEqual([[1, 2], [3, 4], [5]])
  })

  it('leaves half of those that wait to the next piece where they are many, up to the most', async () => {
    const { runs, work } = held()
    const call = createBatcher(work, { half: 2, most: 4 })
    const calls = Array.from({ length: 11 }, (_, index) => call(index))
    await turn()
    for (let run = 0; run < 5; run++) {
      runs[run]?.end()
      await turn()
    }
    expect(runs.map(run => run.items)).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [10]])
    expect(await Promise.all(calls)).toHaveLength(11)
  })

  it('gathers company for calls that came while it was busy, but not once it is full', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { runs, work } = held()
    const call = createBatcher(work, { most: 3, gatherMs: 5 })
    const calls = [call(1)]
    await turn()
    calls.push(call(2))
    runs[0]?.end()
    await turn()
    calls.push(call(3))
    await turn()
    expect(runs).toHaveLength(1)
    vi.advanceTimersByTime(5)
    await turn()
    expect(runs[1]?.items).toEqual([2, 3])
    calls.push(...[4, 5, 6].map(call))
    runs[1]?.end()
    await turn()
    expect(runs[2]?.items).toEqual([4, 5, 6])
    runs[2]?.end()
    expect(await Promise.all(calls)).toEqual([10, 20, 30, 40, 50, 60])
  })

  it('lets a lone call wait too where it is patient, up to twelve times as long, but not once ten wait', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { runs, work } = held()
    const call = createBatcher(work, { gatherMs: 5, isPatient: () => true })
    const calls = [call(1)]
    await turn()
    vi.advanceTimersByTime(59)
    expect(runs).toHaveLength(0)
    vi.advanceTimersByTime(1)
    await turn()
    expect(runs[0]?.items).toEqual([1])
    const ten = Array.from({ length: 10 }, (_, i) => i + 2)
    calls.push(...ten.map(call))
    runs[0]?.end()
    await turn()
    vi.advanceTimersByTime(5)
    await turn()
    expect(runs[1]?.items).toEqual(ten)
    runs[1]?.end()
    expect(await Promise.all(calls)).toHaveLength(11)
  })

  it('tries each alone where a failure may be one’s own, so that a bad one spoils no other', async () => {
    const call = createBatcher(async (items: number[]) => {
      if (items.includes(2)) throw new Error('two')
      return items
    })
    const outcomes = await Promise.allSettled([1, 2, 3].map(call))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('rejects all at once where the failure is everybody’s, and goes on afterwards', async () => {
    let tries = 0
    const call = createBatcher(
      async (items: number[]) => {
        if (++tries === 1) throw new Error('away')
        return items
      },
      { together: () => true },
    )
    const outcomes = await Promise.allSettled([1, 2, 3].map(call))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(tries).toBe(1)
    expect(await call(4)).toBe(4)
  })

  it('rejects the one whose result is an Error', async () => {
    const call = createBatcher(async (items: number[]) =>
      items.map(item => (item === 2 ? new Error('two') : item)),
    )
    const outcomes = await Promise.allSettled([1, 2].map(call))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })
})
