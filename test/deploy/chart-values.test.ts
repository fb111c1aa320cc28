import { dirname } from 'node:path'
import { readConfig } from '@sparekey/config/config'
import { describe, expect, test } from 'vitest'
import {
  config,
  containerOf,
  environmentOf,
  everything,
  faultsOf,
  helm,
  type Manifest,
  of,
  render,
  secret,
  withPods,
} from './chart.ts'
import { text } from './files.ts'
import { faultsOf as faultsInQuery } from './promql.ts'

describe.skipIf(!helm)('the chart', () => {
  test('makes no Secret where one is named, and takes every secret from there', () => {
    const manifests = render(everything)
    expect(of(manifests, 'Secret')).toEqual([])
    const names = withPods(manifests)
      .flatMap(manifest => containerOf(manifest).env)
      .flatMap(({ valueFrom }) => valueFrom?.secretKeyRef.name ?? [])
    expect(new Set(names)).toEqual(new Set(['kept-elsewhere']))
  })

  test('keeps given secrets in its Secret alone', () => {
    const manifests = render({ secret, config })
    expect(of(manifests, 'Secret')[0]?.stringData).toEqual(secret)
    const rest = JSON.stringify(manifests.filter(({ kind }) => kind !== 'Secret'))
    for (const value of Object.values(secret)) expect(rest).not.toContain(value)
  })

  test.each(['DATABASE_URL', 'SMTP_URL', 'SPAREKEY_SECRET', 'SPAREKEY_ADMIN_KEY'])(
    'refuses to go without %s',
    name => {
      expect(() => render({ secret: { ...secret, [name]: '' } })).toThrow(
        `set existingSecret, or secret.${name}`,
      )
    },
  )

  test('refuses an off that YAML read as false', () => {
    const values = { secret, config: { BREACH_CHECK: false } }
    expect(() => render(values)).toThrow('config.BREACH_CHECK: put the value in quotes')
  })

  test('lets the workers alone see the keys for DKIM, where DKIM looks for them', () => {
    const manifests = render(everything)
    const seeing = withPods(manifests).filter(manifest => JSON.stringify(manifest).includes('dkim-keys'))
    expect(seeing.map(manifest => containerOf(manifest).name)).toEqual(['worker'])
    const [worker] = seeing as [Manifest]
    const { dkim } = readConfig(environmentOf(containerOf(worker)))
    const mount = containerOf(worker).volumeMounts.find(({ name }) => name === 'dkim')
    expect(dkim.map(({ path }) => dirname(path))).toEqual([mount?.mountPath])
    const named = withPods(manifests).filter(manifest =>
      containerOf(manifest).env.some(({ name }) => name === 'DKIM'),
    )
    expect(named).toEqual([worker])
  })

  test.each([{ secret: 'dkim-keys' }, { keys: 'key1@example.com=/run/dkim/key1.pem' }])(
    'refuses half of DKIM: %j',
    dkim => {
      expect(() => render({ secret, worker: { dkim } })).toThrow('set both of worker.dkim.secret')
    },
  )

  test('goes without Redis', () => {
    const manifests = render({ secret: { ...secret, REDIS_URL: '' } })
    expect(of(manifests, 'Secret')[0]?.stringData).not.toHaveProperty('REDIS_URL')
    const [{ valueFrom } = { valueFrom: undefined }] = containerOf(
      of(manifests, 'Deployment')[0] as Manifest,
    ).env.filter(({ name }) => name === 'REDIS_URL')
    expect(valueFrom?.secretKeyRef.optional).toBe(true)
  })

  test('starts pods anew when a secret changed', () => {
    const sumOf = (values: object) =>
      of(render(values), 'Deployment')[0]?.spec.template.metadata.annotations['checksum/secret']
    expect(sumOf({ secret })).toBe(sumOf({ secret }))
    expect(sumOf({ secret })).not.toBe(sumOf({ secret: { ...secret, SMTP_URL: 'smtp://other:25' } }))
  })

  test('puts every pod on the nodes that are named, that of the migrations, too', () => {
    const { nodeSelector, tolerations, affinity } = everything
    const placed = withPods(render(everything))
    expect(placed).toHaveLength(3)
    for (const { kind, spec } of placed)
      expect(spec.template.spec, kind).toMatchObject({ nodeSelector, tolerations, affinity })
    for (const { kind, spec } of withPods(render({ secret })))
      for (const name of ['nodeSelector', 'tolerations', 'affinity'])
        expect(spec.template.spec, kind).not.toHaveProperty(name)
  })

  test('never scales the workers to none', () => {
    const worker = { autoscaling: { kind: 'keda', minReplicas: 0 } }
    const [scaled] = of(render({ ...everything, worker }), 'ScaledObject')
    expect(scaled?.spec).toMatchObject({ minReplicaCount: 1, fallback: { replicas: 2 } })
  })

  test('scales by its own queue, whoever else is in the same Prometheus', () => {
    const queriesOf = (values: object) =>
      of(render({ ...everything, ...values }, { release: 'other' }), 'ScaledObject')
        .flatMap(({ spec }) => spec.triggers)
        .map(({ metadata }: { metadata: { query: string } }) => metadata.query)
    const services = of(render(everything, { release: 'other' }), 'Service').map(
      ({ metadata }) => metadata.name,
    )
    const queries = queriesOf({})
    expect(queries).toHaveLength(2)
    expect(queries.flatMap(faultsInQuery)).toEqual([])
    for (const query of queries) {
      const [, namespace, service = ''] = /namespace="(.*?)",service=~"(.*?)"\}\)$/.exec(query) ?? []
      expect(namespace).toBe('default')
      // As Prometheus does, of the whole name.
      for (const name of services) expect(name).toMatch(new RegExp(`^(?:${service})$`))
    }
    const worker = { autoscaling: { kind: 'keda', selector: 'release="a"' } }
    for (const query of queriesOf({ worker })) expect(query).toMatch(/[{,]release="a"\}\)$/)
  })

  test('lets Prometheus scrape both parts under the names that the alerts ask for', () => {
    const manifests = render(everything, { release: 'other' })
    const services = of(manifests, 'Service')
    for (const { spec, metadata } of of(manifests, 'ServiceMonitor')) {
      const found = services.filter(
        service =>
          JSON.stringify({ ...service.metadata.labels, ...spec.selector.matchLabels }) ===
          JSON.stringify(service.metadata.labels),
      )
      expect(found.map(service => service.metadata.name)).toEqual([metadata.name])
      expect(found[0]?.spec.ports[0].name).toBe(spec.endpoints[0].port)
      expect(spec.endpoints[0].path).toBe('/metrics')
    }
    const jobs = of(manifests, 'ServiceMonitor').map(
      ({ spec }) => spec.endpoints[0].relabelings[0].replacement,
    )
    expect(jobs).toEqual(['sparekey-api', 'sparekey-worker'])
  })

  test('sends people to the API', () => {
    const manifests = render(everything)
    const backend = of(manifests, 'Ingress')[0]?.spec.rules[0].http.paths[0].backend.service
    const service = of(manifests, 'Service').find(({ metadata }) => metadata.name === backend.name)
    expect(service?.spec.selector['app.kubernetes.io/component']).toBe('api')
    expect(backend.port.name).toBe(service?.spec.ports[0].name)
  })

  test('is of the version of the project', () => {
    const { version } = JSON.parse(text('package.json'))
    const images = withPods(render({ secret })).map(manifest => containerOf(manifest).image)
    expect(new Set(images)).toEqual(new Set([`sparekey:${version}`]))
  })
})

test.skipIf(!helm)('what Kubernetes would not take is seen', () => {
  const [deployment] = of(render({ secret }), 'Deployment') as [Manifest]
  const changed = (change: (manifest: Manifest) => void) => {
    const copy = structuredClone(deployment)
    change(copy)
    return faultsOf(copy).join()
  }
  expect(changed(({ spec }) => (spec.template.spec.containers[0].securityContext.runAsRoot = false))).toMatch(
    /runAsRoot is unknown/,
  )
  expect(changed(({ spec }) => (spec.replicas = 'two'))).toMatch(/replicas must be integer/)
  expect(changed(({ spec }) => delete spec.selector)).toMatch(/required property selector/)
  expect(changed(manifest => (manifest.apiVersion = 'apps/v2'))).toMatch(/no model/)
})
