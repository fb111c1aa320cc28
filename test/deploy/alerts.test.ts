import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { findProgram, root, text } from './files.ts'

interface Rule {
  alert: string
  expr: string
  for?: string
  labels: { severity: string }
  annotations: { summary: string; description: string }
}

interface Case {
  alert_rule_test: { alertname: string; exp_alerts: unknown[] }[]
}

const groups = parse(text('deploy/prometheus/alerts.yaml')).groups as { rules: Rule[] }[]
const rules = groups.flatMap(group => group.rules)
const cases = parse(text('deploy/prometheus/alerts.test.yaml')).tests as Case[]
const promtool = findProgram('promtool', "it is in Debian's package prometheus")

describe('by promtool', () => {
  test.skipIf(!promtool).each([
    ['the rules are right', ['check', 'rules', 'alerts.yaml']],
    ['the scraping is right', ['check', 'config', 'prometheus.yaml']],
    [
      'each alert fires where it must and keeps still where it must not',
      ['test', 'rules', 'alerts.test.yaml'],
    ],
  ])('%s', (_, args) => {
    const run = spawnSync(promtool ?? '', args, { cwd: join(root, 'deploy/prometheus'), encoding: 'utf8' })
    expect(run.status, `${run.stdout}${run.stderr}`).toBe(0)
  })
})

describe.each(rules)('$alert', ({ alert, annotations, labels, for: lasting }) => {
  test('says what happened, what to do, and how bad it is', () => {
    expect(['warning', 'critical']).toContain(labels.severity)
    expect(annotations.summary.length).toBeGreaterThan(10)
    expect(annotations.description.length).toBeGreaterThan(40)
    expect(lasting).toMatch(/^\d+m$/)
  })

  test('is seen firing and not firing by a test', () => {
    const looks = cases.flatMap(each => each.alert_rule_test).filter(look => look.alertname === alert)
    expect(looks.some(look => look.exp_alerts.length > 0)).toBe(true)
    expect(looks.some(look => look.exp_alerts.length === 0)).toBe(true)
  })

  test('has a runbook: where to look, what to do, and how to see that it is over', () => {
    const runbooks = text('docs/operating.md').split(/^#+ /m)
    const [own = ''] = runbooks.filter(each => (each.split('\n')[0] ?? '').split(', ').includes(alert))
    for (const part of ['Look', 'Do', 'Over'])
      expect(own).toMatch(new RegExp(`^- \\*\\*${part}:\\*\\* .`, 'm'))
  })
})

test('the handbook names no alert that there is not', () => {
  const named = text('docs/operating.md').match(/\bSparekey[A-Z]\w+/g) ?? []
  expect(named.filter(name => !rules.some(({ alert }) => alert === name))).toEqual([])
})
