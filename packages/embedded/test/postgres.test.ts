import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedPostgres, EmbeddedPostgresError, openEmbeddedPostgres } from '../src/postgres.ts'
import { isAlive } from '../src/postmaster.ts'

let folder: string
let dataDir: string
const opened: EmbeddedPostgres[] = []
const children: ChildProcess[] = []

const open = async () => {
  const one = await openEmbeddedPostgres({ dataDir })
  opened.push(one)
  return one
}

const postmasterPid = async () => {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '')
  return Number.parseInt(text, 10) || undefined
}

const ask = async <T>(url: string, task: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return await task(sql)
  } finally {
    await sql.end()
  }
}

/** Opens the folder in another process. */
const openElsewhere = async () => {
  const opener = fileURLToPath(new URL('./opener.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', opener, dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = await once(child.stdout, 'data')
  const { url, started } = JSON.parse(String(line)) as { url: string; started: boolean }
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await once(child, 'exit')
  }
  const close = async () => {
    child.stdin.write('close\n')
    await once(child, 'exit')
  }
  return { url, started, kill, close }
}

const failure = async () => {
  const error = await open().then(
    () => undefined,
    reason => reason,
  )
  expect(error).toBeInstanceOf(EmbeddedPostgresError)
  expect(error.message).not.toContain('\n')
  return error.message as string
}

beforeEach(async () => {
  // mkdtemp makes it 0700: as root, Postgres runs as a user who cannot walk through.
  folder = await mkdtemp(join(tmpdir(), 'sparekey-embedded-'))
  dataDir = join(folder, 'clone', '.sparekey')
})

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  for (const one of opened.splice(0).reverse()) await one.close()
  const pid = await postmasterPid()
  if (pid && isAlive(pid)) process.kill(pid, 'SIGKILL')
  await chmod(folder, 0o700)
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

describe('a fresh folder', () => {
  it('gets a database in UTF-8 that only the made password opens, from loopback only', async () => {
    const { url, started } = await open()
    expect(started).toBe(true)
    const [row] = await ask(
      url,
      sql => sql`
        select current_database() as name, current_setting('server_encoding') as encoding,
          current_setting('listen_addresses') as addresses, current_setting('fsync') as fsync,
          current_setting('unix_socket_directories') as sockets, lower('ÄÖ') as lower`,
    )
    expect(row).toEqual({
      name: 'sparekey',
      encoding: 'UTF8',
      addresses: '127.0.0.1',
      fsync: 'on',
      sockets: '',
      lower: 'äö',
    })
    const wrong = url.replace(/:[^:@]+@/, ':wrong@')
    await expect(ask(wrong, sql => sql`select 1`)).rejects.toMatchObject({ code: '28P01' })
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
    expect((await stat(join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(dataDir, 'postgres.log'))).mode & 0o777).toBe(0o600)
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.json', 'postgres.log'])
  })

  it.runIf(process.getuid?.() === 0)('works for root under a parent that nobody else may enter', async () => {
    await open()
    const owner = await stat(join(dataDir, 'postgres'))
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect(owner.uid).not.toBe(0)
    expect((await stat(join(dataDir, 'postgres.json'))).uid).toBe(0)
  })

  it('is shared by two that race for it', async () => {
    const [one, two] = await Promise.all([openElsewhere(), openElsewhere()])
    expect(one.url).toBe(two.url)
    expect([one.started, two.started].filter(Boolean)).toHaveLength(1)
    expect((await readdir(dataDir)).filter(name => name.includes('new'))).toEqual([])
    await one.close()
    expect(await ask(two.url, sql => sql`select 1 as one`)).toEqual([{ one: 1 }])
    await two.close()
    expect(await postmasterPid()).toBeUndefined()
  })
})

describe('a second start', () => {
  it('finds the data on the same port', async () => {
    const first = await open()
    await ask(first.url, sql => sql`create table kept as select 7 as seven`)
    await first.close()
    expect(await postmasterPid()).toBeUndefined()
    const second = await open()
    expect(second).toMatchObject({ url: first.url, started: true })
    expect(await ask(second.url, sql => sql`select seven from kept`)).toEqual([{ seven: 7 }])
  })

  it('moves to another port when its own was taken meanwhile', async () => {
    const first = await open()
    await first.close()
    const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1')
    await once(squatter, 'listening')
    const second = await open()
    expect(new URL(second.url).port).not.toBe(new URL(first.url).port)
    squatter.close()
    await second.close()
    expect((await open()).url).toBe(second.url)
  })

  it('recovers by itself after kill -9 of the server', async () => {
    const first = await open()
    await ask(first.url, sql => sql`create table kept as select 7 as seven`)
    process.kill((await postmasterPid()) ?? 0, 'SIGKILL')
    const second = await open()
    expect(await ask(second.url, sql => sql`select seven from kept`)).toEqual([{ seven: 7 }])
  })

  it('is started again under whoever has it open, and stops with the last one all the same', async () => {
    const one = await open()
    const killed = await postmasterPid()
    process.kill(killed ?? 0, 'SIGKILL')
    const works = () => ask(one.url, sql => sql`select 1 as one`).catch(() => undefined)
    await expect.poll(works, { timeout: 60_000 }).toEqual([{ one: 1 }])
    expect(await postmasterPid()).not.toBe(killed)
    await one.close()
    expect(await postmasterPid()).toBeUndefined()
  })

  it('does not believe a pid file that names a living process of somebody else', async () => {
    await (await open()).close()
    const path = join(dataDir, 'postgres', 'postmaster.pid')
    // Of the same user as the database: Postgres would take it for a server, and refuse to start.
    const { uid, gid } = await stat(join(dataDir, 'postgres'))
    const somebody = spawn('sleep', ['60'], { uid, gid, cwd: '/' })
    children.push(somebody)
    await once(somebody, 'spawn')
    await writeFile(path, `${somebody.pid}\n${dataDir}\n1\n5432\n\n127.0.0.1\n\nready\n`)
    expect((await open()).started).toBe(true)
  })

  it('starts after a crash that left the pid file empty', async () => {
    await (await open()).close()
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), '')
    expect((await open()).started).toBe(true)
  })

  it('attaches to the server that a killed process left behind', async () => {
    const first = await openElsewhere()
    const pid = await postmasterPid()
    await first.kill('SIGKILL')
    const second = await open()
    expect(second).toMatchObject({ url: first.url, started: false })
    expect(await postmasterPid()).toBe(pid)
    await second.close()
    expect(await postmasterPid()).toBeUndefined()
  })
})

describe('close', () => {
  it('leaves the server up while another client is connected, and the last one stops it', async () => {
    const first = await open()
    const second = await open()
    const sql = postgres(first.url, { max: 1 })
    await sql`select 1`
    await first.close()
    await second.close()
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
    await sql.end()
    const third = await open()
    expect(third.started).toBe(false)
    await third.close()
    await third.close()
    expect(await postmasterPid()).toBeUndefined()
  })

  it('and open at the same moment never leave anybody with a dead server', async () => {
    let current = await open()
    for (let round = 0; round < 8; round++) {
      const [next] = await Promise.all([open(), current.close()])
      expect(await ask(next.url, sql => sql`select 1 as one`)).toEqual([{ one: 1 }])
      current = next
    }
  })

  it('is quiet when the server is gone already', async () => {
    const first = await open()
    process.kill((await postmasterPid()) ?? 0, 'SIGKILL')
    await first.close()
  })
})

describe('one clear line', () => {
  it('for a file in place of the folder', async () => {
    await mkdir(join(folder, 'clone'))
    await writeFile(dataDir, '')
    expect(await failure()).toMatch(/is not a folder.*SPAREKEY_DATA/)
  })

  it.runIf(process.platform === 'linux')('for a folder that cannot be made', async () => {
    dataDir = '/proc/nope/data'
    expect(await failure()).toMatch(/cannot be .*SPAREKEY_DATA/)
  })

  it.skipIf(process.getuid?.() === 0)('for a folder that may not be written', async () => {
    await chmod(folder, 0o500)
    expect(await failure()).toMatch(/cannot be read and written by this user.*SPAREKEY_DATA/)
  })

  it('for a database of another major version', async () => {
    await (await open()).close()
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '15\n')
    expect(await failure()).toMatch(/made by Postgres 15.*brings Postgres 18.*pg_dump/)
  })

  it('for a folder that holds something else', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true })
    await writeFile(join(dataDir, 'postgres', 'holiday.jpg'), '')
    expect(await failure()).toMatch(/not a Postgres database/)
  })

  it('for a lost password', async () => {
    await (await open()).close()
    await rm(join(dataDir, 'postgres.json'))
    expect(await failure()).toMatch(/postgres\.json is missing/)
  })

  it('for broken settings: the words of Postgres', async () => {
    await (await open()).close()
    await writeFile(join(dataDir, 'postgres', 'postgresql.conf'), 'nonsense = 1\n')
    expect(await failure()).toMatch(/does not start: .*DATABASE_URL/)
  })
})
