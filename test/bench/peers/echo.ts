import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const env = process.env
const app = new Hono()
app.get('/ready', c => c.text('ready'))
app.post('/echo', async c => c.json(await c.req.json()))
serve({ fetch: app.fetch, port: Number(env.PORT), hostname: '127.0.0.1' })
