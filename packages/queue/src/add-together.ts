import type { RedisQueueBackend } from 'bullmq'
import { addScript } from './add-script.ts'
import type { RedisClient } from './redis.ts'

/** BullMQ's scripts that add one job. */
const addScripts = ['addStandardJob', 'addPrioritizedJob', 'addDelayedJob']

type Argument = string | number | Buffer
type Script = (args: Argument[]) => Promise<unknown>
type Entry = Parameters<RedisQueueBackend['addJobs']>[0][number]

/** Gives a client what `addTogether` needs. To be called before BullMQ defines its scripts. */
export function defineAddScripts<Client extends RedisClient>(client: Client): Client {
  const define = client.defineCommand.bind(client)
  return Object.assign(client, {
    defineCommand(...[name, definition]: Parameters<typeof define>) {
      define(name, definition)
      const { lua, numberOfKeys } = definition
      // BullMQ puts its version behind a name.
      const [script = ''] = name.split(':')
      if (numberOfKeys && addScripts.includes(script))
        define(manyOf(name), { numberOfKeys, lua: addScript(script, lua) })
    },
  })
}

/**
 * Makes `addJobs` one command for all jobs of one priority and delay: ours differ in id and data only. BullMQ lays the
 * arguments out for the first: laid out for each job, an API took a fifth more time for a request.
 */
export function addTogether(backend: RedisQueueBackend, client: RedisClient): RedisQueueBackend {
  const scripts = client as unknown as Record<string, Script>

  async function addAlike(entries: [Entry, ...Entry[]]): Promise<void> {
    const [{ job, jobId, parentKeyOpts }] = entries
    // A job has its id by its key; among the options, which are the same for all, it has no place.
    const { jobId: _, ...opts } = job.opts
    const own = JSON.stringify(entries.map(entry => [entry.jobId, entry.job.data]))
    const sender = {
      runCommand: (name: string, args: Argument[]) => (scripts[manyOf(name)] as Script)([...args, own]),
    } as unknown as Parameters<typeof backend.addJobToTransaction>[0]
    await backend.addJobToTransaction(sender, { ...job, opts }, jobId, parentKeyOpts)
  }

  return Object.assign(backend, {
    async addJobs(entries: Entry[]) {
      const groups: [Entry, ...Entry[]][] = []
      for (const entry of entries) {
        const others = groups.findLast(([first]) => isAlike(first, entry))
        if (others) others.push(entry)
        else groups.push([entry])
      }
      await Promise.all(groups.map(addAlike))
      return entries.map(({ jobId }) => jobId)
    },
  })
}

const isAlike = ({ job: { opts: a } }: Entry, { job: { opts: b } }: Entry) =>
  a.priority === b.priority && a.delay === b.delay

const manyOf = (name: string) => `${name}:many`
