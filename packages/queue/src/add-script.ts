/** BullMQ's scripts that add one job, and where their keys are. */
const places = {
  addStandardJob: {
    keys: { queue: 1, meta: 3, id: 4, active: 7, marker: 9 },
    line: `redis.call('LPUSH', queueKey, unpack(added))`,
  },
  addPrioritizedJob: {
    keys: { marker: 1, meta: 2, id: 3, queue: 4, active: 7, counter: 9 },
    line: `
  local place = redis.call('INCRBY', counterKey, #added) - #added
  local scored = {}
  for i, id in ipairs(added) do
    scored[#scored + 1] = whole(opts.priority * 0x100000000 + (place + i) % 0x100000000)
    scored[#scored + 1] = id
  end
  redis.call('ZADD', queueKey, unpack(scored))`,
  },
}

/**
 * A script that adds many jobs: it takes what BullMQ's takes for one of them, and then the list of their ids and data. It
 * leaves in Redis what BullMQ's leaves (add-together.test.ts compares it) but for the two events of each job and their
 * limit, which nobody reads, in 12 instead of 42 µs a job: that one reads and writes their options anew for each, and asks for what cannot have
 * changed meanwhile. It runs as it is for an id that is there already, and for jobs that are to sleep; ours have no parent,
 * and neither repeat nor replace each other. A job that fails keeps no other out.
 */
export function addScript(name: string, lua: string): string {
  const place = places[name as keyof typeof places]
  return `
local function once(KEYS, ARGV)
${lua}
end
local common, opts, jobs = cmsgpack.unpack(ARGV[1]), cmsgpack.unpack(ARGV[3]), cjson.decode(ARGV[#ARGV])
local function addKnown(id, data)
  common[2] = id
  once(KEYS, { cmsgpack.pack(common), data, ARGV[3] })
end
${place ? addNew(place) : 'local add = addKnown'}
local failed
for _, job in ipairs(jobs) do
  local done, answer = pcall(add, job[1], job[2])
  if not done then failed = type(answer) == 'table' and answer or redis.error_reply(answer) end
end
${place ? `if #added > 0 then queueAdded() end` : ''}
return failed`
}

// Redis writes a number that a script gives it with 17 digits, which takes ten times as long.
const addNew = ({ keys, line }: { keys: Record<string, number>; line: string }) => `
${Object.entries(keys)
  .map(([name, index]) => `local ${name}Key = KEYS[${index}]`)
  .join('\n')}
local function whole(number) return string.format('%.0f', number) end
local prefix, name, timestamp = common[1], common[3], whole(common[4])
local optsText, delay, priority = cjson.encode(opts), whole(opts.delay or 0), whole(opts.priority or 0)
local keys = {}
for index, job in ipairs(jobs) do keys[index] = prefix .. job[1] end
local areNew = redis.call('EXISTS', unpack(keys)) == 0
local added, isAdded = {}, {}
local function add(id, data)
  local key = prefix .. id
  if isAdded[id] or not areNew and redis.call('EXISTS', key) == 1 then return addKnown(id, data) end
  redis.call('HMSET', key, 'name', name, 'data', data, 'opts', optsText,
    'timestamp', timestamp, 'delay', delay, 'priority', priority)
  added[#added + 1] = id
  isAdded[id] = true
end
local function queueAdded()
  redis.call('INCRBY', idKey, #added)
  ${line}
  local limits = redis.call('HMGET', metaKey, 'paused', 'concurrency')
  local isFull = limits[2] and redis.call('LLEN', activeKey) >= tonumber(limits[2])
  if not (limits[1] or isFull) then redis.call('ZADD', markerKey, '0', '0') end
end`
