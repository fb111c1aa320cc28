import type { RedisClient } from './redis.ts'

/** BullMQ's script that ends a job: many calls come at once. */
const shared = 'moveToFinished'
/** So that Redis, which does nothing else meanwhile, is back within a few milliseconds. */
const mostCalls = 100

type Argument = string | number | Buffer | undefined
type Script = (args: Argument[]) => Promise<unknown>

interface Call {
  args: Argument[]
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/**
 * Makes calls of this script that come in one tick one command, for one queue. BullMQ's script runs as it is, once
 * for each call, and a call that fails rejects alone. To be called before BullMQ defines its scripts.
 */
export function shareScripts<Client extends RedisClient>(client: Client): Client {
  const define = client.defineCommand.bind(client)
  const scripts = client as unknown as Record<string, Script>
  return Object.assign(client, {
    defineCommand(...[name, definition]: Parameters<typeof define>) {
      define(name, definition)
      const { lua, numberOfKeys } = definition
      // BullMQ puts its version behind a name.
      if (!numberOfKeys || name.replace(/:.*/, '') !== shared) return
      const many = `${name}:many`
      define(many, { lua: repeated(lua) })
      const alone = scripts[name] as Script
      const call = createSharing(numberOfKeys, {
        alone: args => alone.call(client, args),
        together: args => (scripts[many] as Script)(args),
      })
      scripts[name] = function (this: unknown, args) {
        // A pipeline borrows a client's functions: what goes by it is one command already.
        return this === client ? call(args) : alone.call(this, args)
      }
    },
  })
}

function createSharing(keyCount: number, run: { alone: Script; together: Script }): Script {
  /** By the first key, which is the queue's own: in a cluster only the keys of one queue are sure to lie together. */
  const waiting = new Map<Argument, Call[]>()

  function flush(): void {
    const queues = [...waiting.values()]
    waiting.clear()
    for (const calls of queues)
      for (let start = 0; start < calls.length; start += mostCalls)
        void send(calls.slice(start, start + mostCalls))
  }

  async function send(calls: Call[]): Promise<void> {
    const [first] = calls
    try {
      const answers =
        first && calls.length === 1
          ? [await run.alone(first.args)]
          : ((await run.together(layOut(keyCount, calls))) as unknown[])
      for (const [index, { resolve, reject }] of calls.entries()) {
        const answer = answers[index]
        if (answer instanceof Error) reject(answer)
        else resolve(answer)
      }
    } catch (error) {
      for (const { reject } of calls) reject(error)
    }
  }

  return args =>
    new Promise((resolve, reject) => {
      // After all promises that are resolved by now have gone on.
      if (waiting.size === 0) process.nextTick(flush)
      const calls = waiting.get(args[0]) ?? []
      waiting.set(args[0], calls)
      calls.push({ args, resolve, reject })
    })
}

/** Keys: those of the first call, and for each call those that are not the same in all. Arguments: how to read the rest. */
function layOut(keyCount: number, calls: Call[]): Argument[] {
  const [{ args: first }] = calls as [Call]
  const own: number[] = []
  for (let at = 0; at < keyCount; at++) if (calls.some(({ args }) => args[at] !== first[at])) own.push(at)
  const keys = calls.flatMap(({ args }) => own.map(at => args[at]))
  return [
    keyCount + keys.length,
    ...first.slice(0, keyCount),
    ...keys,
    keyCount,
    first.length - keyCount,
    own.length,
    ...own.map(at => at + 1),
    ...calls.flatMap(({ args }) => args.slice(keyCount)),
  ]
}

/** A script that runs another one once for each call, as `layOut` has them. */
const repeated = (lua: string) => `
local function once(KEYS, ARGV)
${lua}
end
local common, each, own = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local key, argument = common, 3 + own
local answers = {}
while argument < #ARGV do
  local keys = { unpack(KEYS, 1, common) }
  for i = 1, own do keys[tonumber(ARGV[3 + i])] = KEYS[key + i] end
  local done, answer = pcall(once, keys, { unpack(ARGV, argument + 1, argument + each) })
  if not done and type(answer) ~= 'table' then answer = redis.error_reply(answer) end
  if answer == nil then answer = false end
  answers[#answers + 1] = answer
  key, argument = key + own, argument + each
end
return answers`
