import type { RedisQueueBackend } from 'bullmq'
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
      if (numberOfKeys && addScripts.includes(name.replace(/:.*/, '')))
        define(manyOf(name), { numberOfKeys, lua: forEach(lua) })
    },
  })
}

/**
 * Makes `addJobs` one command for all jobs of one priority and delay: ours differ in id and data only. BullMQ lays the
 * arguments out for the first; its script runs as it is, once for each, and one that fails keeps no other out. Laid out for
 * each job, an API took a fifth more time for a request.
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
      const alike = new Map<string, [Entry, ...Entry[]]>()
      for (const entry of entries) {
        const { priority = 0, delay = 0 } = entry.job.opts
        const others = alike.get(`${priority} ${delay}`)
        if (others) others.push(entry)
        else alike.set(`${priority} ${delay}`, [entry])
      }
      await Promise.all([...alike.values()].map(addAlike))
      return entries.map(({ jobId }) => jobId)
    },
  })
}

const manyOf = (name: string) => `${name}:many`

/** A script that runs one of these once for each job, given the arguments for one of them and the list of ids and data. */
const forEach = (lua: string) => `
local function once(KEYS, ARGV)
${lua}
end
local common = cmsgpack.unpack(ARGV[1])
local failed
for _, job in ipairs(cjson.decode(ARGV[#ARGV])) do
  common[2] = job[1]
  local done, answer = pcall(once, KEYS, { cmsgpack.pack(common), job[2], ARGV[3] })
  if not done then failed = type(answer) == 'table' and answer or redis.error_reply(answer) end
end
return failed`
