import { serveStatic } from '@hono/node-server/serve-static'
import type { Queues } from '@sparekey/queue/queues'
import { type Context, Hono } from 'hono'
import { boardScript, boardStyle } from './board-repairs.ts'

export interface BoardDeps {
  queues: Pick<Queues, 'board'>
}

const path = '/dashboard/board'
const scriptPath = `${path}/names.js`
/** What its page asks again every few seconds, for as long as it is open. */
export const boardApiPath = `${path}/api/`

/** The raw queue board. It is put together once the queue's server answers; rejects while that is away. */
export function createBoard({ queues }: BoardDeps): (c: Context) => Promise<Response> {
  let made: Promise<Hono> | undefined

  async function make(): Promise<Hono> {
    const [{ createBullBoard }, { HonoAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/hono'),
    ])
    const serverAdapter = new HonoAdapter(serveStatic)
    serverAdapter.setBasePath(path)
    createBullBoard({
      queues: await queues.board(),
      serverAdapter,
      options: { uiConfig: { boardTitle: 'Sparekey queues', hideRedisDetails: true } },
    })
    return new Hono().route(path, serverAdapter.registerPlugin())
  }

  return async c => {
    if (c.req.path === scriptPath) return c.body(boardScript, 200, { 'Content-Type': 'text/javascript' })
    made ??= make().catch(error => {
      made = undefined
      throw error
    })
    const answer = await (await made).fetch(c.req.raw, c.env)
    const headers = new Headers(answer.headers)
    if (!headers.get('content-type')?.startsWith('text/html')) return c.newResponse(answer.body, answer)
    // It asks Google for its fonts; the policy forbids that anyway, and so nothing is even tried.
    const html = (await answer.text())
      .replaceAll(/<link[^>]+href="https:\/\/[^>]*>/g, '')
      .replace('</head>', `${boardStyle}<script src="${scriptPath}" defer></script></head>`)
    return c.html(html, answer.status as 200)
  }
}
