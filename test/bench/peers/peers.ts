import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { script } from '../processes.ts'
import { emailOf, type Stage } from '../stage.ts'
import { keepContent, type MailContent, marker } from './mail.ts'
import { jsonRequest, openPeer, type Peer } from './peer.ts'

const run = promisify(execFile)
const betterAuth = '1.6'

/** Opens every peer that this machine can run; `notes` says why the others are left out. */
export async function openPeers(stage: Stage, sample: string): Promise<{ peers: Peer[]; notes: string[] }> {
  const mail = await keepContent(stage, sample)
  const shared = async () => ({
    DATABASE_URL: (await stage.makeDatabase('empty')).url,
    SMTP_PORT: `${stage.sinkPort}`,
    MAIL: mail,
    PEOPLE: `${stage.settings.people}`,
  })
  const peers: Peer[] = []
  const notes: string[] = []
  for (const [name, open] of Object.entries({
    'inline handler': openInline,
    'better-auth': openBetterAuth,
    Django: openDjango,
  })) {
    try {
      peers.push(await open(stage, await shared()))
    } catch (error) {
      const why = error instanceof Error ? error.message : `${error}`
      notes.push(`${name} is left out: ${why.split('\n').slice(0, 2).join(' ').slice(0, 300)}`)
    }
  }
  return { peers, notes }
}

type Shared = Record<'DATABASE_URL' | 'SMTP_PORT' | 'MAIL' | 'PEOPLE', string>

async function openInline(stage: Stage, env: Shared): Promise<Peer> {
  const sql = postgres(env.DATABASE_URL, { max: 1 })
  await sql.unsafe(`
    create table people (id int primary key, email text unique not null, name text not null);
    create table tokens (digest bytea primary key, person int not null references people, expires_at timestamptz not null);
    insert into people select n, 'p' || n || '@bench.example', 'Person ' || n from generate_series(0, ${env.PEOPLE} - 1) n;
    analyze`)
  await sql.end()
  return await openPeer(
    stage,
    'inline handler',
    { ...script('./peers/inline.ts'), env },
    jsonRequest('/forgot', 'email'),
  )
}

/** Installs it into a folder of this run alone: the project does not depend on it. */
async function openBetterAuth(stage: Stage, env: Shared): Promise<Peer> {
  const folder = join(stage.folder, 'better-auth')
  await mkdir(folder)
  const wanted = `better-auth@${betterAuth}`
  const flags = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
  await run('npm', ['install', ...flags, wanted], { timeout: 90_000 }).catch(error => {
    throw new Error(`npm could not install ${wanted}: ${error.stderr || error.message}`)
  })
  const manifest = await readFile(join(folder, 'node_modules/better-auth/package.json'), 'utf8')
  const { version } = JSON.parse(manifest)
  return await openPeer(
    stage,
    `better-auth ${version}`,
    { ...script('./peers/better-auth.ts'), env: { ...env, PACKAGES: folder } },
    jsonRequest('/api/auth/request-password-reset', 'email'),
  )
}

/** Debian's Django under gunicorn, with as many workers as its handbook says. */
async function openDjango(stage: Stage, env: Shared): Promise<Peer> {
  const python = '/usr/bin/python3'
  const needs = 'import django, gunicorn, psycopg2; print(django.get_version())'
  const { stdout } = await run(python, ['-c', needs]).catch(() => {
    throw new Error('python3-django, python3-psycopg2 and gunicorn are not all here')
  })
  const folder = join(stage.folder, 'django')
  await mkdir(folder)
  const { subject, html, text }: MailContent = JSON.parse(await readFile(env.MAIL, 'utf8'))
  const link = '{{ protocol }}://{{ domain }}{% url "password_reset_confirm" uidb64=uid token=token %}'
  await writeFile(join(folder, 'subject.txt'), subject)
  await writeFile(
    join(folder, 'mail.txt'),
    `{% autoescape off %}${text.replaceAll(marker, link)}{% endautoescape %}`,
  )
  await writeFile(join(folder, 'mail.html'), html.replaceAll(marker, link))
  await chmod(folder, 0o755)

  const peersFolder = fileURLToPath(new URL('.', import.meta.url))
  const own = { ...env, TEMPLATES: folder, PYTHONDONTWRITEBYTECODE: '1' }
  const { PATH = '', HOME = '' } = process.env
  await run(python, [join(peersFolder, 'django_reset.py')], { env: { PATH, HOME, ...own } })
  const workers = `${2 * cpus().length + 1}`
  return await openPeer(
    stage,
    `Django ${stdout.trim()}`,
    {
      command: python,
      args: [
        '-m',
        'gunicorn',
        '-w',
        workers,
        '-k',
        'gthread',
        '--threads',
        '16',
        '-b',
        '127.0.0.1:{port}',
        'django_reset',
      ],
      env: own,
      cwd: peersFolder,
    },
    {
      path: '/reset',
      contentType: 'application/x-www-form-urlencoded',
      body: `email=${emailOf('{n}')}`,
      status: 302,
    },
  )
}
