import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { freshDatabase, freshRedis } from '../support/database.ts'
import { deploy, type Part } from '../support/deployment.ts'
import { isWell, runSparekey } from '../support/process.ts'
import { until } from '../support/sparekey.ts'
import { expectOneMailEach, loadApplication, startLoad } from './support/load.ts'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

const graceSeconds = 20

/** Ends a part by SIGTERM; it must be gone, at peace, before its grace is over. */
async function retire(part: Part): Promise<void> {
  let code: number | null | undefined
  part.end('SIGTERM').then(ended => {
    code = ended
  })
  await until(`${part.url} to end within its grace`, () => code, graceSeconds * 1000)
  expect(code, part.output()).toBe(0)
}

test('parts replaced one by one under load lose no request and send no mail twice', async () => {
  const database = await freshDatabase()
  opened.push(() => database.drop())
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: await freshRedis(),
    SPAREKEY_SECRET: randomBytes(32).toString('base64'),
    SPAREKEY_ADMIN_KEY: `admin_${randomBytes(24).toString('base64url')}`,
    SHUTDOWN_GRACE: `${graceSeconds}`,
    LOG_LEVEL: 'warn',
  }
  const deployment = await deploy({ apis: 2, workers: 2, env, mailMs: 300 })
  opened.push(deployment.close)
  const { apis, workers, mailServer } = deployment

  /** Starts a part where an old one was; resolves once it is ready. */
  async function replace(old: Part, command: 'api' | 'worker'): Promise<Part> {
    await retire(old)
    const { port } = new URL(old.url)
    const own: Record<string, string> = command === 'api' ? { PORT: port } : { WORKER_PORT: port }
    const part = {
      ...runSparekey([command], { ...env, SMTP_URL: mailServer.url, PUBLIC_URL: apis[0].url, ...own }),
      url: old.url,
    }
    opened.push(() => part.end('SIGKILL'))
    await until(`${part.url}/readyz`, async () => (await isWell(part.url)) || undefined, 40_000)
    return part
  }

  const key = await loadApplication(apis[0].url, env.SPAREKEY_ADMIN_KEY)
  const load = startLoad(
    apis.map(({ url }) => url),
    key,
    25,
  )
  await until('some requests', () => load.accepted() >= 100 || undefined)
  const fresh: Part[] = []
  for (const worker of workers) fresh.push(await replace(worker, 'worker'))
  for (const api of apis) fresh.push(await replace(api, 'api'))
  const before = load.accepted()
  await until('requests to the new parts', () => load.accepted() >= before + 100 || undefined)
  await expectOneMailEach({ ...deployment, adminKey: env.SPAREKEY_ADMIN_KEY }, await load.stop())
  for (const part of fresh) await retire(part)
}, 240_000)
