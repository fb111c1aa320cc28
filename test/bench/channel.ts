/** What the parent asks of a child by IPC, and its answer. */
interface Question {
  id: number
  verb: string
  input: unknown
}
export interface Answer {
  id: number
  result?: unknown
  error?: string
}
/** What a child says without being asked. */
export interface Saying {
  event: string
  value: number
}

// biome-ignore lint/suspicious/noExplicitAny: both ends of the channel are ours, and say what they expect
type Verbs = Record<string, (input: any) => unknown>

/** In a child: answers the parent's questions, and ends when the parent is gone. */
export function serve(verbs: Verbs): void {
  process.on('message', async ({ id, verb, input }: Question) => {
    try {
      const result = await verbs[verb]?.(input)
      // A question without an id wants no answer.
      if (id >= 0) process.send?.({ id, result } satisfies Answer)
    } catch (error) {
      process.send?.({ id, error: `${error}` } satisfies Answer)
    }
  })
  process.on('disconnect', () => process.exit())
}

/** In a child: tells the parent something. */
export const say = (event: string, value: number): void =>
  void process.send?.({ event, value } satisfies Saying)

/** Milliseconds of the machine's monotonic clock, which all processes share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6
