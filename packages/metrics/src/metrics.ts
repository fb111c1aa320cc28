import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

export interface Metrics {
  /** The `Content-Type` of `text`. */
  contentType: string
  /** All figures, in Prometheus' text format. Where the queue is away, its figures are left out. */
  text(): Promise<string>
  /** Counts an HTTP answer, by the API that was spoken. */
  answered(dialect: string, method: string, status: number): void
}

/**
 * The figures of one process: memory, CPU, event loop, HTTP answers, and jobs by queue and state. Names start with
 * `sparekey_`; labels are bounded and hold no id. `counts` is asked at each reading.
 */
export function createMetrics(
  queues: readonly string[],
  counts: (queue: string) => Promise<Record<string, number>>,
): Metrics {
  const register = new Registry()
  collectDefaultMetrics({ register, prefix: 'sparekey_' })
  const answers = new Counter({
    name: 'sparekey_http_answers_total',
    help: 'HTTP answers by dialect, method and status',
    labelNames: ['dialect', 'method', 'status'],
    registers: [register],
  })
  const jobs = new Gauge({
    name: 'sparekey_queue_jobs',
    help: 'Jobs by queue and state',
    labelNames: ['queue', 'state'],
    registers: [register],
    async collect() {
      this.reset()
      await Promise.all(
        queues.map(async queue => {
          const states = await counts(queue).catch(() => ({}))
          for (const [state, count] of Object.entries(states)) jobs.set({ queue, state }, count)
        }),
      )
    },
  })
  const methods = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS'])
  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    answered(dialect, method, status) {
      answers.inc({ dialect, method: methods.has(method) ? method : 'other', status })
    },
  }
}
