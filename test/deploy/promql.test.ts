import { createMetrics } from '@sparekey/metrics/metrics'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { text } from './files.ts'
import { faultsOf, metrics } from './promql.ts'

interface Panel {
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string }[]
}

const rules = parse(text('deploy/prometheus/alerts.yaml')).groups.flatMap(
  (group: { rules: { alert: string; expr: string }[] }) => group.rules,
) as { alert: string; expr: string }[]
const { panels } = JSON.parse(text('deploy/grafana/sparekey.json')) as { panels: Panel[] }
// Helm fills in nothing but labels, so that the queries can be read where they stand.
const triggers = [
  ...text('deploy/helm/sparekey/templates/autoscaling.yaml')
    .replaceAll(/\{\{-? \$own -?\}\}/g, 'namespace="a",service=~"b"')
    .matchAll(/^\s+query: (.+)$/gm),
]

describe('every PromQL expression parses, and asks only for what Sparekey reports', () => {
  test.each(rules)('alert $alert', ({ expr }) => {
    expect(faultsOf(expr)).toEqual([])
  })

  test.each(panels.filter(panel => panel.type !== 'row'))('panel $title', ({ targets = [] }) => {
    expect(targets.length).toBeGreaterThan(0)
    expect(targets.flatMap(({ expr }) => faultsOf(expr))).toEqual([])
  })

  test('scaling: by the length of the queue, and by the oldest age', () => {
    const queries = triggers.map(([, query = '']) => query)
    expect(queries.flatMap(faultsOf)).toEqual([])
    expect(queries).toHaveLength(2)
    expect(queries[0]).toContain('sparekey_queue_jobs')
    expect(queries[1]).toContain('sparekey_oldest_waiting_seconds')
  })
})

test.each([
  ['max(sparekey_waiting_requests', 'does not parse'],
  ['max(sparekey_waiting)', 'asks for sparekey_waiting'],
  ['sum(sparekey_queue_jobs)', 'adds up'],
  ['sum by (queue) (max by (queue) (sparekey_queue_jobs))', 'adds up'],
  ['max(sparekey_queue_jobs{login="a"})', 'no label login'],
  ['sum by (server) (sparekey_worker_busy)', 'no label server'],
  ['vector(1)', 'asks for nothing'],
])('a fault is seen: %s', (expression, fault) => {
  expect(faultsOf(expression).join()).toContain(fault)
})

test('every metric in the table is one that a process reports', async () => {
  const counts = async () => ({ waiting: 1 })
  const waiting = async () => ({ requests: 1, oldestSeconds: 1 })
  const ages = async () => ({ mail: 1 })
  const smtp = () => [{ server: 'mail:25', used: 1, free: 1 }]
  const worker = { concurrency: 1, busy: () => 1, smtp }
  const made = createMetrics({ queues: ['mail'], counts, waiting, ages })
  made.watch('worker', { pools: () => [{ pool: 'hot', used: 1, free: 1, waiting: 0 }], worker })
  const reported = await made.text()
  const names = new Set([...reported.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
  const missing = Object.keys(metrics).filter(
    name => name !== 'up' && !names.has(name.replace(/_bucket$/, '')) && !names.has(name),
  )
  expect(missing).toEqual([])
})

test('no two panels of the dashboard lie on each other', () => {
  for (const [i, { title, gridPos: a }] of panels.entries()) {
    expect(a.x + a.w, title).toBeLessThanOrEqual(24)
    const under = panels
      .slice(i + 1)
      .find(({ gridPos: b }) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)
    expect(under?.title, title).toBeUndefined()
  }
})
