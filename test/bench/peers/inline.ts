import { createHash, randomBytes } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import mjml from 'mjml'
import postgres from 'postgres'
import { createPool, mailTo } from './transport.ts'

// The handler that one writes first: look the account up, store the token, render the template, send, answer.

const env = process.env
const sql = postgres(env.DATABASE_URL ?? '', { onnotice: () => {} })
const pool = createPool()

const template = (name: string, link: string) => `
<mjml><mj-head><mj-title>Reset your password</mj-title>
<mj-attributes><mj-all font-family="Helvetica, Arial, sans-serif" /><mj-text font-size="16px" line-height="24px" /></mj-attributes>
</mj-head><mj-body background-color="#f4f4f5"><mj-section background-color="#ffffff" padding="24px"><mj-column>
<mj-text font-size="22px" font-weight="600">Reset your password</mj-text>
<mj-text>Hello ${name},</mj-text>
<mj-text>Somebody asked to reset the password of your account. If that was you, choose a new one here:</mj-text>
<mj-button href="${link}" background-color="#2563eb">Choose a new password</mj-button>
<mj-text>The link works for 30 minutes, and once.</mj-text>
<mj-text font-size="14px" color="#71717a">Does the button not work? Open this address:</mj-text>
<mj-text font-size="14px"><a href="${link}">${link}</a></mj-text>
<mj-divider border-width="1px" border-color="#e4e4e7" />
<mj-text font-size="14px" color="#71717a">That was not you? Then ignore this mail; nothing changes.</mj-text>
</mj-column></mj-section></mj-body></mjml>`

const app = new Hono()
app.get('/ready', c => c.text('ready'))
app.post('/forgot', async c => {
  const { email } = await c.req.json()
  const [person] = await sql`select id, email, name from people where email = ${email}`
  if (person) {
    const token = randomBytes(32).toString('base64url')
    const digest = createHash('sha256').update(token).digest()
    await sql`insert into tokens (digest, person, expires_at)
      values (${digest}, ${person.id}, now() + interval '30 minutes')`
    const link = `https://reset.bench.example/reset#${token}`
    const { html } = await mjml(template(person.name, link))
    await pool.sendMail({ ...mailTo(person.email, link), html })
  }
  return c.json({ status: 'ok' })
})
serve({ fetch: app.fetch, port: Number(env.PORT), hostname: '127.0.0.1' })
