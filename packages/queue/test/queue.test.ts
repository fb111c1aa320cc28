import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { startPostgres, startRedis, type TestServer } from '../../../test/support/servers.ts'
import { type Backend, openBackend, prepareBackend } from '../src/backend.ts'
import { GiveUpError, QueueUnavailableError } from '../src/errors.ts'
import { openQueues, type Queues } from '../src/queues.ts'
import { attempts } from '../src/retry.ts'
import { type Handle, type QueueWorker, startWorker, type WorkerOptions } from '../src/worker.ts'
import { spawnChild } from './support/child-process.ts'
import { collector, eventually } from './support/events.ts'
import { peek } from './support/peek.ts'

describe.each(['redis', 'postgres'] as const)('queues on %s', kind => {
  let server: TestServer
  let urls: { redisUrl?: string; databaseUrl: string }
  let backend: Backend
  let queues: Queues
  let lines: { level: string; fields: object; message: string }[]
  let closing: (() => Promise<unknown>)[]

  const write = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields, message })
  const log = { info: write('info'), warn: write('warn'), error: write('error') }
  const newId = () => `req_${randomUUID()}`
  const fast = { lock: 2_000, stalledCheck: 500, retryDelay: () => 5 }

  function work(handle: Handle<'mail'>, more: Partial<WorkerOptions<'mail'>> = {}): QueueWorker {
    const worker = startWorker({ backend, queue: 'mail', concurrency: 5, handle, log, timing: fast, ...more })
    closing.unshift(() => worker.close(1_000))
    return worker
  }

  function produce(): Queues {
    const made = openQueues({ backend, log })
    closing.push(() => made.close())
    return made
  }

  const add = (...ids: string[]) =>
    queues.add(
      'mail',
      ids.map(id => ({ id, data: { requestId: id } })),
    )

  beforeAll(async () => {
    server = kind === 'redis' ? await startRedis() : await startPostgres()
    urls = kind === 'redis' ? { redisUrl: server.url, databaseUrl: '' } : { databaseUrl: server.url }
    const children = [0, 1, 2].map(() => spawnChild('prepare', urls))
    expect(await Promise.all(children.map(child => child.exit))).toEqual([0, 0, 0])
  })
  afterAll(() => server.close())

  beforeEach(() => {
    lines = []
    closing = []
    backend = openBackend(urls)
    queues = produce()
  })
  afterEach(async () => {
    for (const close of closing) await close()
    await server.start().catch(() => {})
    await peek(backend).clear()
  })

  test('several processes prepared at once, and preparing again changes nothing', async () => {
    await Promise.all([prepareBackend(backend), prepareBackend(backend)])
    await queues.ping()
  })

  test('an added job is handled with its data, and its id is free again', async () => {
    const done = collector<unknown>()
    work(async (data, { id, attempt }) => done.push({ data, id, attempt }))
    const id = newId()
    await add(id)
    await done.until(seen => seen.length === 1)
    expect(done.seen).toEqual([{ data: { requestId: id }, id, attempt: 1 }])
    await eventually(async () => (await queues.view('mail')).counts.active === 0)
    expect((await queues.view('mail')).counts).toEqual({
      waiting: 0,
      active: 0,
      delayed: 0,
      failed: 0,
      completed: 0,
    })
    await add(id)
    await done.until(seen => seen.length === 2)
  })

  test('an id added again while it waits, sleeps or runs stays one job', async () => {
    const [waits, sleeps] = [newId(), newId()]
    const runAt = new Date(Date.now() + 600_000)
    for (let round = 0; round < 2; round++) {
      await add(waits, waits)
      await queues.add('mail', [{ id: sleeps, data: { requestId: sleeps }, runAt }])
    }
    expect((await queues.view('mail')).counts).toMatchObject({ waiting: 1, delayed: 1 })
    const taken = collector<string>()
    const release = collector<void>()
    work(async (_data, { id }) => {
      taken.push(id)
      await release.until(seen => seen.length > 0)
    })
    await taken.until(seen => seen.length === 1)
    await add(waits)
    expect((await queues.view('mail')).counts).toMatchObject({ waiting: 0, active: 1, delayed: 1 })
    release.push()
    await eventually(async () => (await queues.view('mail')).counts.active === 0)
    expect(taken.seen).toEqual([waits])
  })

  test('a job with runAt is not run before', async () => {
    const ran = collector<number>()
    work(async () => ran.push(Date.now()))
    const runAt = new Date(Date.now() + 700)
    const id = newId()
    await queues.add('mail', [{ id, data: { requestId: id }, runAt }])
    const [at = 0] = await ran.until(seen => seen.length === 1)
    expect(at).toBeGreaterThanOrEqual(runAt.getTime())
  })

  test('retryAt puts a job to sleep without using up a try, however often', async () => {
    const calls = collector<{ at: number; attempt: number }>()
    const rounds = attempts + 3
    // Before there is a worker: an add that finds its job asleep wakes it.
    await add(newId())
    work(async (_data, { attempt }) => {
      calls.push({ at: Date.now(), attempt })
      return calls.seen.length < rounds ? { retryAt: new Date(Date.now() + 40) } : undefined
    })
    const seen = await calls.until(list => list.length === rounds)
    expect(new Set(seen.map(call => call.attempt))).toEqual(new Set([1]))
    for (let i = 1; i < seen.length; i++)
      expect((seen[i]?.at ?? 0) - (seen[i - 1]?.at ?? 0)).toBeGreaterThanOrEqual(39)
    await eventually(async () =>
      Object.values((await queues.view('mail')).counts).every(count => count === 0),
    )
  })

  test('a throwing handler is tried again, failed in the end, and run again when added again', async () => {
    const calls = collector<number>()
    let broken = true
    work(async (_data, { attempt }) => {
      calls.push(attempt)
      if (broken) throw new Error('no luck')
    })
    const id = newId()
    await add(id)
    await eventually(async () => (await queues.view('mail')).counts.failed === 1)
    expect(calls.seen).toEqual(Array.from({ length: attempts }, (_, index) => index + 1))
    broken = false
    await add(id)
    await calls.until(seen => seen.length === attempts + 1)
    expect(calls.seen.at(-1)).toBe(1)
    await eventually(async () =>
      Object.values((await queues.view('mail')).counts).every(count => count === 0),
    )
  })

  test.each([false, true])(
    'what waits is listed page by page in the order of its turn, each once (paused: %s)',
    async paused => {
      const plain = Array.from({ length: 120 }, newId)
      const later = Array.from({ length: 30 }, newId)
      if (paused) {
        await queues.pause('mail')
        closing.unshift(() => queues.resume('mail'))
      }
      await queues.add(
        'mail',
        later.map(id => ({ id, data: { requestId: id }, priority: 1 })),
      )
      await add(...plain)
      const listed: string[][] = []
      for (const offset of [0, 50, 100, 150]) {
        const page = await queues.jobs('mail', 'waiting', { offset, limit: 50 })
        listed.push(page.map(({ id }) => id))
      }
      expect(listed.map(page => page.length)).toEqual([50, 50, 50, 0])
      expect(listed.flat()).toEqual([...plain, ...later])
    },
  )

  test('failed jobs run again, one or all of them, with all their tries and in their turn', async () => {
    const failing = work(async () => {
      throw new GiveUpError('no_luck')
    })
    const ids = Array.from({ length: 60 }, newId)
    await queues.add(
      'mail',
      ids.map(id => ({ id, data: { requestId: id }, priority: 1 })),
    )
    await eventually(async () => (await queues.view('mail')).counts.failed === ids.length)
    await failing.close(1_000)
    const [one = ''] = ids
    expect(await queues.retry('mail', one)).toBe(1)
    expect(await queues.retry('mail', one)).toBe(0)
    expect(await queues.retry('mail')).toBe(ids.length - 1)
    const waiting = await queues.jobs('mail', 'waiting', { offset: 0, limit: 100 })
    expect(waiting.map(({ attempts }) => attempts)).toEqual(ids.map(() => 0))

    const first = newId()
    await add(first)
    const calls = collector<{ id: string; attempt: number }>()
    work(async (_data, { id, attempt }) => calls.push({ id, attempt }), { concurrency: 1 })
    await calls.until(seen => seen.length === ids.length + 1)
    expect(calls.seen[0]?.id).toBe(first)
    expect(new Set(calls.seen.map(({ id }) => id))).toEqual(new Set([first, ...ids]))
    expect(new Set(calls.seen.map(({ attempt }) => attempt))).toEqual(new Set([1]))
  })

  test('a GiveUpError fails the job at its first try', async () => {
    const calls = collector<number>()
    work(async (_data, { attempt }) => {
      calls.push(attempt)
      throw new GiveUpError('refused')
    })
    const id = newId()
    await add(id)
    await eventually(async () => (await queues.view('mail')).counts.failed === 1)
    expect(calls.seen).toEqual([1])
    expect((await peek(backend).job('mail', id)).failedReason).toBe('refused')
  })

  test('neither the stored job nor the log holds the words of a thrown error', async () => {
    work(async () => {
      throw Object.assign(new Error('secret-words to anna@example.com'), {
        code: 'EAUTH',
        secret: 'secret-words',
      })
    })
    const id = newId()
    await add(id)
    await eventually(async () => (await queues.view('mail')).counts.failed === 1)
    const job = await peek(backend).job('mail', id)
    expect(job.failedReason).toBe('EAUTH')
    expect(JSON.stringify(job)).not.toMatch(/secret-words|example\.com/)
    expect(await peek(backend).everything()).toContain('EAUTH')
    expect(await peek(backend).everything()).not.toMatch(/secret-words|example\.com/)
    expect(JSON.stringify(lines)).toContain(id)
    expect(JSON.stringify(lines)).not.toMatch(/secret-words|example\.com/)
  })

  test('two workers share the jobs, each of which runs once', async () => {
    const ran = collector<{ by: number; id: string }>()
    for (const by of [1, 2]) {
      work(
        async (_data, { id }) => {
          ran.push({ by, id })
          await new Promise(resolve => setTimeout(resolve, 5))
        },
        { concurrency: 2 },
      )
    }
    const ids = Array.from({ length: 60 }, newId)
    await add(...ids)
    await ran.until(seen => seen.length >= ids.length)
    await eventually(async () =>
      Object.values((await queues.view('mail')).counts).every(count => count === 0),
    )
    expect(ran.seen.map(run => run.id).sort()).toEqual([...ids].sort())
    expect(new Set(ran.seen.map(run => run.by))).toEqual(new Set([1, 2]))
  })

  test('a worker closed in mid-job finishes the job and takes no other', async () => {
    const started = collector<string>()
    const release = collector<void>()
    const ended: string[] = []
    const worker = work(
      async (_data, { id }) => {
        started.push(id)
        await release.until(seen => seen.length > 0)
        ended.push(id)
      },
      { concurrency: 1 },
    )
    const [first, second] = [newId(), newId()]
    await add(first, second)
    await started.until(seen => seen.length === 1)
    const closed = worker.close(20_000)
    release.push()
    await closed
    expect(ended).toEqual([first])
    expect((await queues.view('mail')).counts).toMatchObject({ waiting: 1, active: 0 })
  })

  test('a job that outlasts the grace is let go, and taken over by another worker', async () => {
    const [started, release] = [collector<string>(), collector<void>()]
    const worker = work(async (_data, { id }) => {
      started.push(id)
      await release.until(seen => seen.length === 1)
    })
    const id = newId()
    await add(id)
    await started.until(seen => seen.length === 1)
    await worker.close(100)
    const taken = collector<string>()
    work(async (_data, job) => taken.push(job.id))
    expect(await taken.until(seen => seen.length === 1)).toEqual([id])
    release.push()
  })

  test('a worker that is killed three times over loses nothing and fails nothing', async () => {
    const ids = [newId(), newId()]
    await add(...ids)
    for (let kills = 0; kills < 3; kills++) {
      const child = spawnChild('hold', urls)
      closing.unshift(async () => child.kill())
      await child.lines.until(seen => ids.every(id => seen.includes(`took ${id}`)))
      child.kill()
      await child.exit
    }
    const done = collector<string>()
    work(async (_data, { id }) => done.push(id))
    await done.until(seen => seen.length === 2)
    expect([...done.seen].sort()).toEqual([...ids].sort())
    await eventually(async () =>
      Object.values((await queues.view('mail')).counts).every(count => count === 0),
    )
  })

  test('a job that sleeps far too long, as one does that was put to sleep by a clock ahead, runs once it is due', async () => {
    const id = newId()
    await queues.add('mail', [{ id, data: { requestId: id }, runAt: new Date(Date.now() + 3_600_000) }])
    const taken = collector<string>()
    work(async (_data, job) => void taken.push(job.id))
    await add(id)
    await taken.until(seen => seen.length === 1)
    await eventually(async () => (await queues.view('mail')).counts.delayed === 0)
    expect(taken.seen).toEqual([id])
  })

  test('a schedule that was planned by a clock an hour ahead fires at once', async () => {
    const fired = collector<void>()
    const ensure = () => queues.ensureSchedule('housekeeping', 'purge', 3000, { task: 'purge' })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    await ensure().finally(() => vi.useRealTimers())
    const worker = startWorker({
      backend,
      queue: 'housekeeping',
      concurrency: 1,
      log,
      handle: async () => fired.push(),
    })
    closing.unshift(() => worker.close(1_000))
    await ensure()
    await fired.until(list => list.length >= 2)
  })

  test('a schedule fires, is one schedule however often it is asked for, and comes back after all was wiped', async () => {
    const fired = collector<number>()
    const worker = startWorker({
      backend,
      queue: 'housekeeping',
      concurrency: 1,
      log,
      handle: async data => {
        expect(data).toEqual({ task: 'expire' })
        fired.push(Date.now())
      },
    })
    closing.unshift(() => worker.close(1_000))
    const ensure = () => queues.ensureSchedule('housekeeping', 'expire', 300, { task: 'expire' })
    // As workers do, who ask again and again: on Postgres, calls at the same time can stand in one another's way.
    const ensured = (times: number) =>
      vi.waitFor(
        async () => {
          await ensure()
          expect(fired.seen.length).toBeGreaterThanOrEqual(times)
        },
        { timeout: 20_000, interval: 200 },
      )
    await Promise.allSettled([ensure(), ensure(), ensure()])
    await ensured(0)
    // A job that becomes due between the readings of two states is seen in both: look again.
    const planned = async () => {
      const { waiting, delayed } = (await queues.view('housekeeping')).counts
      return waiting + delayed
    }
    await expect.poll(planned).toBeLessThanOrEqual(1)
    await ensured(4)
    await peek(backend).clear()
    await ensured(fired.seen.length + 3)
  })

  test('add is refused within a second or so while the server is away, and works when it is back', async () => {
    await add(newId())
    await server.stop()
    const fresh = produce()
    for (const producer of [queues, fresh, queues, fresh]) {
      const id = newId()
      const before = Date.now()
      await expect(producer.add('mail', [{ id, data: { requestId: id } }])).rejects.toThrow(
        QueueUnavailableError,
      )
      await expect(producer.ping()).rejects.toThrow(QueueUnavailableError)
      expect(Date.now() - before).toBeLessThan(4_000)
    }
    expect(lines.filter(line => line.message.includes('out of reach')).length).toBeLessThanOrEqual(2)
    await server.start()
    for (const producer of [queues, fresh]) {
      const id = newId()
      await eventually(async () => {
        await producer.add('mail', [{ id, data: { requestId: id } }])
        return true
      })
      await producer.ping()
    }
    expect((await queues.view('mail')).counts.waiting).toBeGreaterThanOrEqual(2)
  })

  test('a worker outlives an outage at its start and one in mid-work, with one line in the log for each', async () => {
    await server.stop()
    const done = collector<string>()
    const worker = work(async (_data, { id }) => done.push(id))
    await new Promise(resolve => setTimeout(resolve, 800))
    await server.start()
    await worker.ready
    for (let outages = 0; outages < 2; outages++) {
      const id = newId()
      await eventually(async () => {
        await add(id)
        return true
      })
      await done.until(seen => seen.includes(id))
      if (outages === 1) break
      await server.stop()
      await new Promise(resolve => setTimeout(resolve, 1_500))
      await server.start()
    }
    const said = lines.filter(line => (line.fields as { queue?: string }).queue === 'mail worker')
    expect(said.filter(line => line.message.includes('out of reach')).length).toBeLessThanOrEqual(2)
    expect(said.length).toBeLessThanOrEqual(6)
  })

  test('a worker can be closed while the server is away', async () => {
    const idle = work(async () => {})
    await idle.ready
    await server.stop()
    const never = work(async () => {})
    await Promise.all([idle.close(20_000), never.close(20_000)])
    await expect(never.ready).rejects.toThrow('closed')
    await queues.close()
  })

  test('an id that BullMQ could not take is refused as misuse', async () => {
    for (const id of ['', '42', 'a:b']) await expect(add(id)).rejects.toThrow(TypeError)
  })
})
