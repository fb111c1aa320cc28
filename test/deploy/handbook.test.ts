import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createProgram } from '@sparekey/cli/commands'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { appWithout } from '../../apps/api/test/app-support.ts'
import { root, text } from './files.ts'
import { metrics } from './promql.ts'

const handbook = text('docs/operating.md')

test('the handbook names only files that there are', () => {
  const named = handbook.match(/\bdeploy\/[\w./-]*\w/g) ?? []
  expect(named.length).toBeGreaterThan(10)
  // What the operator makes; and Kubernetes names a Deployment in the same way.
  const others = ['deploy/.env', 'deploy/dkim', 'deploy/sparekey-api']
  const files = named.filter(path => !others.includes(path))
  expect(files.filter(path => !existsSync(join(root, path)))).toEqual([])
})

test('the handbook runs only commands that there are', () => {
  const program = createProgram(async () => {})
  const lines = [...handbook.matchAll(/apps\/cli\/dist\/main\.js (\w+) (\w+)/g)]
  expect(lines.length).toBeGreaterThan(3)
  for (const [, group, name] of lines) {
    const found = program.commands.find(command => command.name() === group)
    expect(
      found?.commands.map(command => command.name()),
      `${group} ${name}`,
    ).toContain(name)
  }
})

test('the handbook asks compose and Helm only for what is in their files', () => {
  const { services } = parse(text('deploy/compose.yaml'), { merge: true })
  for (const [, service = ''] of handbook.matchAll(/exec (?:-T )?(\w+) (?:node|pg_dump)/g))
    expect(Object.keys(services)).toContain(service)
  const values = parse(text('deploy/helm/sparekey/values.yaml'))
  const set = [
    ...handbook.matchAll(/(?:--set |`)((?:config|worker|api|ingress|image|serviceMonitor)\.[\w.]+)/g),
  ]
  expect(set.length).toBeGreaterThan(8)
  for (const [, path = ''] of set) {
    const found = path.split('.').reduce((at, name) => at?.[name], values)
    expect(found, path).toBeDefined()
  }
})

test('the handbook asks the API only for what it has, and names only metrics that there are', async () => {
  const { paths } = (await (await appWithout().request('/openapi.json')).json()) as { paths: object }
  const known = Object.keys(paths).map(path => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`))
  const asked = [...handbook.matchAll(/(?<![\w.])(\/(?:v1\/|readyz)[\w/-]*…?)/g)].map(([, path = '']) => path)
  expect(asked.length).toBeGreaterThan(10)
  expect(asked.filter(path => !known.some(each => each.test(path)))).toEqual([])
  const named = handbook.match(/\bsparekey_(?!default)\w+/g) ?? []
  expect(named.length).toBeGreaterThan(8)
  const reported = Object.keys(metrics).map(name => name.replace(/_bucket$/, ''))
  expect(named.filter(name => !reported.includes(name))).toEqual([])
})

test('the pages of the dashboard that README and docs send people to are there', () => {
  const files = ['README.md', ...readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md'))]
  const pages = files
    .map(name => text(name === 'README.md' ? name : `docs/${name}`))
    .flatMap(page => [...page.matchAll(/(?<!\w)\/dashboard([\w/-]*…?)(?:\?tab=(\w+))?/g)])
  expect(pages.length).toBeGreaterThan(5)
  const routes = [...text('apps/dashboard/src/app.tsx').matchAll(/<Route path="(\/[^"]*)"/g)]
  const known = ['', '/board', ...routes.map(([, path = '']) => path)].map(
    path => new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
  )
  const tabs = text('apps/dashboard/src/pages/applications/application.tsx')
  for (const [page, path = '', tab] of pages) {
    expect(
      known.some(each => each.test(path)),
      page,
    ).toBe(true)
    if (tab) expect(tabs, page).toContain(`value: '${tab}'`)
  }
})
