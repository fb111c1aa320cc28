import { createLog } from '@sparekey/log/log'
import { openBackend } from '@sparekey/queue/backend'
import { GiveUpError } from '@sparekey/queue/errors'
import { startWorker } from '@sparekey/queue/worker'
import { expect, test } from 'vitest'
import { freshRedis } from './support/database.ts'
import { backends, startSparekey, until } from './support/sparekey.ts'

test.each(backends)(
  'failed jobs run again, one or all, with all their tries: queues on %s',
  async backend => {
    const redisUrl = backend === 'redis' ? await freshRedis() : undefined
    const sparekey = await startSparekey({ worker: false, ...(redisUrl ? { redisUrl } : {}) })
    const queue = openBackend({ databaseUrl: sparekey.databaseUrl, ...(redisUrl ? { redisUrl } : {}) })
    const admin = (method: string, path: string, body?: object) =>
      sparekey.call(method, `/v1/queues/mail${path}`, { key: sparekey.adminKey, body })
    const jobs = async (state: string) => (await admin('GET', `/jobs?state=${state}`)).body.items
    try {
      const { secret } = await sparekey.application()
      const logins = ['ada', 'bert', 'cleo'].map(name => `${name}@example.com`)
      for (const login of logins) {
        await sparekey.call('POST', '/v1/accounts', { key: secret, body: { login, email: login } })
        await sparekey.call('POST', '/v1/reset-requests', { key: secret, body: { login } })
      }
      const failing = startWorker({
        backend: queue,
        queue: 'mail',
        concurrency: 3,
        log: createLog('silent', 'test'),
        handle: async () => {
          throw new GiveUpError('no_luck')
        },
      })
      const failed = await until('the failures', async () => {
        const items = await jobs('failed')
        return items.length === 3 ? items : undefined
      })
      await failing.close()
      expect(failed).toMatchObject(Array(3).fill({ attempts: 1, error: 'no_luck' }))
      const retry = async (body: object) => (await admin('POST', '/retry', body)).body
      expect(await retry({ jobId: failed[0].id })).toEqual({ retried: 1 })
      expect(await retry({ jobId: failed[0].id })).toEqual({ retried: 0 })
      expect(await jobs('waiting')).toMatchObject([{ id: failed[0].id, attempts: 0 }])
      expect(await retry({})).toEqual({ retried: 2 })
      expect(await jobs('waiting')).toMatchObject(Array(3).fill({ attempts: 0 }))
      expect(await retry({})).toEqual({ retried: 0 })
      await sparekey.startWorker()
      for (const login of logins) await sparekey.mail(login)
    } finally {
      await sparekey.close()
    }
  },
)
