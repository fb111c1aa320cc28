import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import pg from 'pg'
import { createPool, mailTo } from './transport.ts'

// better-auth as its documentation sets it up, with its own Postgres adapter. It is installed for the bench alone, in a
// folder of its own, so it is loaded from there.

const env = process.env
const load = async (name: string) =>
  await import(pathToFileURL(createRequire(`${env.PACKAGES}/`).resolve(name)).href)
const { betterAuth } = await load('better-auth')
const { getMigrations } = await load('better-auth/db/migration')

const mailer = createPool()
const options = {
  database: new pg.Pool({ connectionString: env.DATABASE_URL, max: 10 }),
  baseURL: `http://127.0.0.1:${env.PORT}`,
  secret: 'a secret of the bench, for the bench alone, and of no other use',
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  emailAndPassword: {
    enabled: true,
    async sendResetPassword({ user, url }: { user: { email: string }; url: string }) {
      await mailer.sendMail(mailTo(user.email, url))
    },
  },
}
const { runMigrations } = await getMigrations(options)
await runMigrations()
await options.database.query(`
  insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
  select 'u' || n, 'Person ' || n, 'p' || n || '@bench.example', true, now(), now()
  from generate_series(0, ${Number(env.PEOPLE)} - 1) n`)
await options.database.query(`
  insert into account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
  select 'a' || id, id, 'credential', id, 'x', now(), now() from "user"`)
await options.database.query('analyze')

const auth = betterAuth(options)
const app = new Hono()
app.get('/ready', c => c.text('ready'))
app.post('/api/auth/*', c => auth.handler(c.req.raw))
serve({ fetch: app.fetch, port: Number(env.PORT), hostname: '127.0.0.1' })
