import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What is counted besides HTTP answers: what became of requests, and what mail servers said. */
interface Happening {
  type: string
  dialect?: string
  server?: string
  outcome?: string
  /** Why a request failed. */
  class?: string
  latencyMs?: number | undefined
  what?: string
}

/** What every process reads anew for each reading. What fails or takes too long is left out of it. */
export interface Sources {
  queues: readonly string[]
  counts(queue: string): Promise<Record<string, number>>
  /** Requests whose mail waits to be sent, and the age of the oldest. */
  waiting(): Promise<{ requests: number; oldestSeconds: number | null }>
  /** By queue, for how long the oldest of its work has waited. */
  ages(): Promise<Record<string, number | null>>
}

/** What is read anew of one part of the process. */
export interface PartSources {
  /** Its pools of connections to Postgres. */
  pools(): { pool: string; used: number; free: number; waiting: number }[]
  /** Only of workers. */
  worker?: {
    concurrency: number
    busy(): number
    /** Connections to each mail server. */
    smtp(): { server: string; used: number; free: number }[]
  }
}

export interface Metrics {
  /** The `Content-Type` of `text`. */
  contentType: string
  /** All figures, in Prometheus' text format. */
  text(): Promise<string>
  /** Counts an HTTP answer, by the API that was spoken. */
  answered(dialect: string, method: string, status: number, seconds: number): void
  record(happening: Happening): void
  /** Tells of a part, too: each once, and both where they run in one process. */
  watch(part: 'api' | 'worker', sources: PartSources): void
}

/** Statements that wait for a connection must not keep the figures from telling just that. */
const deadlineMs = 2_000

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The figures of one process. Names start with `sparekey_` and end in their unit; labels are bounded and hold no id. */
export function createMetrics({ queues, counts, waiting, ages }: Sources): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register, prefix: 'sparekey_' })

  /** Since the last reading, by dialect, method and status: the library takes longer to find a series than to count. */
  const answersSince = new Map<string, number>()
  new Counter({
    name: 'sparekey_http_requests_total',
    help: 'HTTP requests by dialect, method and status of the answer',
    labelNames: ['dialect', 'method', 'status'],
    registers,
    collect() {
      for (const [series, count] of answersSince) {
        const [dialect = '', method = '', status = ''] = series.split(' ')
        this.inc({ dialect, method, status }, count)
      }
      answersSince.clear()
    },
  })
  const durations = new Histogram({
    name: 'sparekey_http_request_duration_seconds',
    help: 'Time to the answer, by dialect',
    labelNames: ['dialect'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  })
  const byDialect = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['dialect'], registers })
  const happened: { [type: string]: Counter<'dialect'> } = {
    accepted: byDialect('sparekey_reset_requests_total', 'Reset requests taken'),
    sent: byDialect('sparekey_resets_sent_total', 'Reset mails that a mail server took'),
    ignored: byDialect(
      'sparekey_resets_ignored_total',
      'Reset requests without an account, doubled, or over a limit',
    ),
    used: byDialect('sparekey_resets_used_total', 'Tokens used up'),
  }
  const failures = new Counter({
    name: 'sparekey_resets_failed_total',
    help: 'Reset requests whose mail could not be delivered, by dialect and why',
    labelNames: ['dialect', 'class'],
    registers,
  })
  // As below: an alert asks for the increase.
  for (const why of ['refused', 'out_of_tries', 'out_of_time', 'unsendable'])
    failures.inc({ dialect: 'sparekey', class: why }, 0)
  const delivery = new Histogram({
    name: 'sparekey_delivery_seconds',
    help: 'From the POST to the mail server’s 250',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900],
    registers,
  })
  const attempts = new Counter({
    name: 'sparekey_mail_attempts_total',
    help: 'Tries to hand a mail over, by mail server and outcome',
    labelNames: ['server', 'outcome'],
    registers,
  })

  const suspected = new Counter({
    name: 'sparekey_abuse_suspected_total',
    help: 'Hours in which something looked like an attack, by what it was',
    labelNames: ['what'],
    registers,
  })
  // A series that begins at 1 has not increased to Prometheus.
  for (const what of ['wrong_codes', 'requests']) suspected.inc({ what }, 0)

  new Gauge({
    name: 'sparekey_queue_jobs',
    help: 'Jobs by queue and state',
    labelNames: ['queue', 'state'],
    registers,
    async collect() {
      this.reset()
      await Promise.all(
        queues.map(async queue => {
          const states = await counts(queue).catch(() => ({}))
          for (const [state, count] of Object.entries(states)) this.set({ queue, state }, count)
        }),
      )
    },
  })
  const requests = new Gauge({
    name: 'sparekey_waiting_requests',
    help: 'Reset requests whose mail waits to be sent',
    registers,
  })
  const oldest = new Gauge({
    name: 'sparekey_oldest_waiting_seconds',
    help: 'Age of the oldest of them; 0 where none waits',
    registers,
  })
  new Gauge({
    name: 'sparekey_queue_oldest_seconds',
    help: 'Age of the oldest mail of any kind that is not out, and of the oldest webhook not tried yet; 0 where none waits',
    labelNames: ['queue'],
    registers,
    async collect() {
      this.reset()
      const seen = await inTime(ages()).catch(() => undefined)
      for (const [queue, age] of Object.entries(seen ?? {})) this.set({ queue }, age ?? 0)
    },
  })
  const parts: [string, PartSources][] = []
  new Gauge({
    name: 'sparekey_postgres_connections',
    help: 'Connections to Postgres that a part may hold, by pool and state',
    labelNames: ['part', 'pool', 'state'],
    registers,
    collect() {
      for (const [part, { pools }] of parts) {
        for (const { pool, used, free } of pools()) {
          this.set({ part, pool, state: 'used' }, used)
          this.set({ part, pool, state: 'free' }, free)
        }
      }
    },
  })
  new Gauge({
    name: 'sparekey_postgres_waiting_statements',
    help: 'Statements and transactions that share a connection to Postgres or wait for one, by part and pool',
    labelNames: ['part', 'pool'],
    registers,
    collect() {
      for (const [part, { pools }] of parts)
        for (const { pool, waiting } of pools()) this.set({ part, pool }, waiting)
    },
  })

  return {
    contentType: register.contentType,
    async text() {
      const seen = await inTime(waiting()).catch(() => undefined)
      requests.set(seen?.requests ?? Number.NaN)
      oldest.set(seen ? (seen.oldestSeconds ?? 0) : Number.NaN)
      return await register.metrics()
    },
    answered(dialect, method, status, seconds) {
      const series = `${dialect} ${methods.has(method) ? method : 'other'} ${status}`
      answersSince.set(series, (answersSince.get(series) ?? 0) + 1)
      durations.observe({ dialect }, seconds)
    },
    record({ type, dialect, server, outcome, latencyMs, what, class: why }) {
      if (type === 'suspected') suspected.inc({ what: what ?? '' })
      else if (type === 'failed') failures.inc({ dialect: dialect ?? '', class: why ?? '' })
      else if (type === 'attempt') attempts.inc({ server: server ?? '', outcome: outcome ?? '' })
      else happened[type]?.inc({ dialect: dialect ?? '' })
      if (type === 'sent' && latencyMs !== undefined) delivery.observe(latencyMs / 1000)
    },
    watch(part, sources) {
      parts.push([part, sources])
      if (sources.worker) watchWorker(sources.worker, registers)
    },
  }
}

function watchWorker({ concurrency, busy, smtp }: NonNullable<PartSources['worker']>, registers: Registry[]) {
  new Gauge({
    name: 'sparekey_worker_concurrency',
    help: 'Mails a worker may have in hand',
    registers,
  }).set(concurrency)
  new Gauge({
    name: 'sparekey_worker_busy',
    help: 'Mails a worker has in hand',
    registers,
    collect() {
      this.set(busy())
    },
  })
  new Gauge({
    name: 'sparekey_smtp_connections',
    help: 'Connections to mail servers, by server and state',
    labelNames: ['server', 'state'],
    registers,
    collect() {
      for (const { server, used, free } of smtp()) {
        this.set({ server, state: 'used' }, used)
        this.set({ server, state: 'free' }, free)
      }
    },
  })
}

async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, deadlineMs, undefined)
  })
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
