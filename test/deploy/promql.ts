import { parser } from '@prometheus-io/lezer-promql'

/** Every metric that rules, dashboard and scaling may ask for, with its own labels. */
export const metrics: Record<string, readonly string[]> = {
  sparekey_http_requests_total: ['dialect', 'method', 'status'],
  sparekey_http_request_duration_seconds_bucket: ['dialect', 'le'],
  sparekey_reset_requests_total: ['dialect'],
  sparekey_resets_sent_total: ['dialect'],
  sparekey_resets_failed_total: ['dialect', 'class'],
  sparekey_resets_used_total: ['dialect'],
  sparekey_queue_jobs: ['queue', 'state'],
  sparekey_queue_oldest_seconds: ['queue'],
  sparekey_oldest_waiting_seconds: [],
  sparekey_waiting_requests: [],
  sparekey_mail_attempts_total: ['server', 'outcome'],
  sparekey_delivery_seconds_bucket: ['le'],
  sparekey_abuse_suspected_total: ['what'],
  sparekey_smtp_connections: ['server', 'state'],
  sparekey_postgres_connections: ['part', 'pool', 'state'],
  sparekey_postgres_waiting_statements: ['part', 'pool'],
  sparekey_worker_busy: [],
  sparekey_worker_concurrency: [],
  sparekey_nodejs_eventloop_lag_p99_seconds: [],
  sparekey_process_resident_memory_bytes: [],
  up: [],
}

/** Added by Prometheus to everything that it scrapes; the last two by the ServiceMonitors of the chart. */
const scraped = ['job', 'instance', 'namespace', 'service']

/** The figures that every process reads from the one database or queue: their sum counts the same thing often. */
const shared = new Set([
  'sparekey_queue_jobs',
  'sparekey_queue_oldest_seconds',
  'sparekey_oldest_waiting_seconds',
  'sparekey_waiting_requests',
])

/** What is wrong with an expression, in words; nothing when it is right. */
export function faultsOf(expression: string): string[] {
  // Grafana puts a duration there before Prometheus sees it.
  const query = expression.replaceAll('$__rate_interval', '5m')
  const faults: string[] = []
  const asked: string[] = []
  const labels: string[] = []
  const aggregates: string[] = []
  const textOf = (node: { from: number; to: number }) => query.slice(node.from, node.to)
  parser.parse(query).iterate({
    enter(node) {
      if (node.type.isError) faults.push(`does not parse at ${node.from}: ${expression}`)
      if (node.name === 'AggregateExpr') aggregates.push(textOf(node.node.firstChild ?? node))
      if (node.name === 'LabelName') labels.push(textOf(node))
      if (node.name === 'VectorSelector') {
        const name = textOf(node.node.getChild('Identifier') ?? { from: 0, to: 0 })
        asked.push(name)
        if (!Object.hasOwn(metrics, name))
          faults.push(`asks for ${name || 'no metric by name'}: ${expression}`)
        if (shared.has(name) && aggregates.some(each => each === 'sum' || each === 'avg'))
          faults.push(`adds up what all processes report, ${name}: ${expression}`)
      }
    },
    leave(node) {
      if (node.name === 'AggregateExpr') aggregates.pop()
    },
  })
  if (asked.length === 0) faults.push(`asks for nothing: ${expression}`)
  const known = new Set([...scraped, ...asked.flatMap(name => metrics[name] ?? [])])
  for (const label of labels) if (!known.has(label)) faults.push(`knows no label ${label}: ${expression}`)
  return faults
}
