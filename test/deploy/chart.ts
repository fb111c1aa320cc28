import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1'
import { Deployment } from 'kubernetes-models/apps/v1'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import { Job } from 'kubernetes-models/batch/v1'
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { Secret, Service } from 'kubernetes-models/v1'
import { parseAllDocuments } from 'yaml'
import { findProgram, root } from './files.ts'

export interface EnvVar {
  name: string
  value?: string
  valueFrom?: { secretKeyRef: { name: string; key: string; optional: boolean } }
}

export interface Probe {
  httpGet: { path: string; port: string }
}

export interface Container {
  name: string
  image: string
  args: string[]
  env: EnvVar[]
  ports?: { name: string; containerPort: number }[]
  startupProbe?: Probe
  livenessProbe?: Probe
  readinessProbe?: Probe
  lifecycle?: { preStop: { exec: { command: string[] } } }
  resources: { requests: Record<string, string>; limits: Record<string, string> }
  securityContext: Record<string, unknown>
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[]
}

/** A rendered manifest, as far as these tests look into it. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> }
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a form of its own, and its model has checked it.
  spec: any
  stringData?: Record<string, string>
}

export const helm = findProgram('helm', 'HELM_PATH may name it')

/** What `helm install` would send; throws with Helm's own words where it refuses. */
export function render(values: object, { release = 'demo' } = {}): Manifest[] {
  const args = ['template', release, join(root, 'deploy/helm/sparekey'), '--values', '-']
  const output = execFileSync(helm ?? '', args, {
    input: JSON.stringify(values),
    encoding: 'utf8',
    stdio: 'pipe',
  })
  return parseAllDocuments(output)
    .map(document => document.toJS() as Manifest | null)
    .filter(manifest => manifest !== null)
}

type Model = { prototype: { validate(): void } }

const models: Record<string, Model> = {
  'apps/v1/Deployment': Deployment,
  'autoscaling/v2/HorizontalPodAutoscaler': HorizontalPodAutoscaler,
  'batch/v1/Job': Job,
  'keda.sh/v1alpha1/ScaledObject': ScaledObject,
  'networking.k8s.io/v1/Ingress': Ingress,
  'policy/v1/PodDisruptionBudget': PodDisruptionBudget,
  'v1/Secret': Secret,
  'v1/Service': Service,
}

/** There is no model of this one: the tests look at it themselves. */
const unmodelled = 'monitoring.coreos.com/v1/ServiceMonitor'

/** What Kubernetes would not take about a manifest: wrong values, missing and unknown properties. */
export function faultsOf(manifest: Manifest): string[] {
  const id = `${manifest.apiVersion}/${manifest.kind}`
  if (id === unmodelled) return []
  const model = models[id]
  if (!model) return [`no model of ${id}`]
  // The models let unknown properties pass, but they read each one that they know.
  const read = new Set<string>()
  try {
    // A model of its own would be a copy, and copying reads everything.
    model.prototype.validate.call(watched(manifest, '', read))
  } catch (error) {
    return [`${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`]
  }
  return pathsOf(manifest)
    .filter(path => !read.has(path))
    .map(path => `${manifest.kind} ${manifest.metadata.name}: ${path} is unknown`)
}

function watched(value: unknown, path: string, read: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value
  return new Proxy(value, {
    get(target, name) {
      const at = `${path}/${String(name)}`
      read.add(at)
      return watched(Reflect.get(target, name), at, read)
    },
  })
}

function pathsOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => [
    `${path}/${name}`,
    ...pathsOf(each, `${path}/${name}`),
  ])
}

/** Values for the chart: every secret, */
export const secret = {
  DATABASE_URL: 'postgres://sparekey:word@postgres:5432/sparekey',
  REDIS_URL: 'redis://redis:6379',
  SMTP_URL: 'smtps://mail.example.com:465',
  SPAREKEY_SECRET: randomBytes(32).toString('base64'),
  SPAREKEY_ADMIN_KEY: randomBytes(24).toString('hex'),
}
/** what is no secret, */
export const config = { PUBLIC_URL: 'https://reset.example.com', MAIL_FROM: 'Acme <no-reply@example.com>' }
/** and all that it has, on. */
export const everything = {
  existingSecret: 'kept-elsewhere',
  config,
  imagePullSecrets: [{ name: 'registry' }],
  api: { autoscaling: { enabled: true } },
  worker: {
    autoscaling: { kind: 'keda' },
    dkim: { secret: 'dkim-keys', keys: 'key1@example.com=/run/dkim/key1.pem' },
  },
  ingress: { enabled: true, className: 'nginx', annotations: { a: 'b' }, tlsSecret: 'tls' },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  nodeSelector: { disk: 'fast' },
  tolerations: [{ key: 'a', operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
}

export const of = (manifests: Manifest[], kind: string) =>
  manifests.filter(manifest => manifest.kind === kind)
export const containerOf = (manifest: Manifest): Container => manifest.spec.template.spec.containers[0]
export const withPods = (manifests: Manifest[]) =>
  manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'Job')

/** What a container is started with, once its Secret is read. */
export function environmentOf(container: Container): Record<string, string> {
  const resolved = ({ value, valueFrom }: EnvVar) =>
    value ?? secret[valueFrom?.secretKeyRef.key as keyof typeof secret] ?? ''
  return Object.fromEntries(container.env.map(each => [each.name, resolved(each)]))
}
