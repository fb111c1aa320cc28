import { readConfig } from '@sparekey/config/config'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Container,
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
import { knownCommands, knownVariables, text } from './files.ts'

const variants = {
  'the least that it takes': { secret, config },
  'all that it has': everything,
  'workers by CPU': { existingSecret: 'kept-elsewhere', worker: { autoscaling: { kind: 'hpa' } } },
}

describe.skipIf(!helm).each(Object.entries(variants))('the chart with %s', (_, values) => {
  let manifests: Manifest[]
  beforeAll(() => {
    manifests = render(values)
  })

  test('is what Kubernetes takes', () => {
    expect(manifests.length).toBeGreaterThan(6)
    expect(manifests.flatMap(faultsOf)).toEqual([])
  })

  test('gives the programs variables that they know, with values that they take', () => {
    for (const manifest of withPods(manifests)) {
      const { env } = containerOf(manifest)
      const names = env.map(({ name }) => name)
      expect(names.filter(name => !knownVariables().has(name))).toEqual([])
      expect(new Set(names).size, 'none twice').toBe(names.length)
      expect(readConfig(environmentOf(containerOf(manifest))).host).toBe('0.0.0.0')
    }
  })

  test('runs commands that there are', () => {
    const args = withPods(manifests).map(manifest => containerOf(manifest).args.join(' '))
    expect(args.sort()).toEqual(['api', 'migrate', 'worker'])
    expect(knownCommands()).toEqual(expect.arrayContaining(args))
  })

  test('asks each part for its health on the port where it listens', () => {
    for (const deployment of of(manifests, 'Deployment')) {
      const { name, ports, startupProbe, livenessProbe, readinessProbe, ...container } =
        containerOf(deployment)
      const { port, workerPort } = readConfig(environmentOf(container as Container))
      expect(ports).toEqual([{ name: 'http', containerPort: name === 'api' ? port : workerPort }])
      expect(startupProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' })
      expect(livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' })
      expect(readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'http' })
    }
  })

  test('runs as the user of the image, with nothing to write to but /tmp', () => {
    const user = Number(/^USER (\d+):/m.exec(text('deploy/Dockerfile'))?.[1])
    for (const manifest of withPods(manifests)) {
      const { spec } = manifest.spec.template
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: user })
      const container = containerOf(manifest)
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      const writable = container.volumeMounts.filter(({ readOnly }) => !readOnly)
      expect(writable).toEqual([{ name: 'tmp', mountPath: '/tmp' }])
      const [tmp, ...others] = spec.volumes
      expect(tmp).toEqual({ name: 'tmp', emptyDir: { sizeLimit: '256Mi' } })
      expect(others.map((volume: { name: string }) => volume.name)).toEqual(
        container.volumeMounts.filter(({ readOnly }) => readOnly).map(({ name }) => name),
      )
      expect(readConfig(environmentOf(container)).dataDir).toMatch(/^\/tmp\//)
      expect(container.resources.requests.cpu).toBeTruthy()
      expect(container.resources.limits.memory).toBeTruthy()
    }
  })

  test('lets running work end before a pod is killed', () => {
    for (const { spec } of of(manifests, 'Deployment')) {
      const [container] = spec.template.spec.containers
      const pause = Number(container.lifecycle.preStop.exec.command[1])
      const { shutdownGraceMs } = readConfig(environmentOf(container))
      // The CLI gives a worker 5 s more than its grace, and what is just being opened 15 s.
      expect(spec.template.spec.terminationGracePeriodSeconds).toBe(pause + shutdownGraceMs / 1000 + 20)
    }
  })

  test('selects pods that there are', () => {
    const pods = of(manifests, 'Deployment').map(({ spec }) => spec.template.metadata.labels)
    const selectors = [
      ...of(manifests, 'Service').map(({ spec }) => spec.selector),
      ...['Deployment', 'PodDisruptionBudget'].flatMap(kind =>
        of(manifests, kind).map(({ spec }) => spec.selector.matchLabels),
      ),
      ...of(manifests, 'Deployment').flatMap(({ spec }) =>
        spec.template.spec.topologySpreadConstraints.map(
          (each: { labelSelector: { matchLabels: object } }) => each.labelSelector.matchLabels,
        ),
      ),
    ]
    expect(selectors).toHaveLength(2 + 2 + 2 + 4)
    const holds = (labels: object, all: object) =>
      JSON.stringify({ ...all, ...labels }) === JSON.stringify(all)
    for (const selector of selectors) expect(pods.filter(labels => holds(selector, labels))).toHaveLength(1)
  })

  test('migrates before anything else, and has its secrets by then', () => {
    const [job] = of(manifests, 'Job') as [Manifest]
    const { annotations = {} } = job.metadata
    expect(annotations['helm.sh/hook']).toBe('pre-install,pre-upgrade')
    for (const made of of(manifests, 'Secret')) {
      const own = made.metadata.annotations ?? {}
      expect(own['helm.sh/hook']?.split(',')).toEqual(expect.arrayContaining(['pre-install', 'pre-upgrade']))
      expect(Number(own['helm.sh/hook-weight'])).toBeLessThan(Number(annotations['helm.sh/hook-weight']))
    }
  })

  test('gives the operator’s key to nobody but the API', () => {
    const knowing = withPods(manifests).filter(manifest =>
      containerOf(manifest).env.some(({ name }) => name === 'SPAREKEY_ADMIN_KEY'),
    )
    expect(knowing.map(manifest => containerOf(manifest).name)).toEqual(['api'])
  })

  test('lets one thing alone say how many pods there are', () => {
    const scalers = [...of(manifests, 'HorizontalPodAutoscaler'), ...of(manifests, 'ScaledObject')]
    const scaled = scalers.map(({ spec }) => spec.scaleTargetRef.name)
    for (const { metadata, spec } of of(manifests, 'Deployment'))
      expect(spec.replicas === undefined, metadata.name).toBe(scaled.includes(metadata.name))
    const names = of(manifests, 'Deployment').map(({ metadata }) => metadata.name)
    expect(names).toEqual(expect.arrayContaining(scaled))
  })
})
