import { fileURLToPath } from 'node:url'
import type { Api, EndpointDeps } from '../endpoint.ts'
import { ApiError } from '../problem.ts'
import { type BoardDeps, createBoard } from './board.ts'
import { readFiles } from './files.ts'

export interface DashboardDeps extends BoardDeps, Pick<EndpointDeps, 'authenticate'> {
  https: boolean
  folder?: string | undefined
}

const built = fileURLToPath(new URL('../../../dashboard/dist', import.meta.url))

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  // Mails are shown as they are sent, their styles with them, in a frame without scripts, and this policy is the frame's, too.
  "style-src 'self' 'unsafe-inline'",
  // Brands' logos, in previews of mails.
  "img-src 'self' data: https:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * `/dashboard`: the operators' page, built to static files, and the raw queue board beneath it. The page itself holds
 * nothing; what it shows comes from `/v1`, with the operator's session. The board needs that session, too, and changes nothing.
 */
export function addDashboard(api: Api, { authenticate, queues, https, folder = built }: DashboardDeps): void {
  const files = readFiles(folder)
  const board = createBoard({ queues })

  api.use('/dashboard/*', async (c, next) => {
    c.header('Content-Security-Policy', policy)
    c.header('Referrer-Policy', 'no-referrer')
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('X-Frame-Options', 'DENY')
    c.header('Cache-Control', 'no-store')
    if (https) c.header('Strict-Transport-Security', 'max-age=31536000')
    await next()
  })
  api.get('/dashboard', c => c.redirect('/dashboard/'))
  api.get('/dashboard/board/', c => c.redirect('/dashboard/board'))
  for (const path of ['/dashboard/board', '/dashboard/board/*']) {
    // By GET alone, whatever else the board's own server would take.
    api.get(path, async c => {
      try {
        await authenticate(c, 'admin')
      } catch (error) {
        // Who comes by a link is led to the sign-in.
        const opened = c.req.method === 'GET' && c.req.header('sec-fetch-mode') === 'navigate'
        if (opened && error instanceof ApiError && error.code === 'unauthenticated')
          return c.redirect('/dashboard/')
        throw error
      }
      return await board(c)
    })
  }
  api.get('/dashboard/*', async c => {
    const found = await files
    const name = c.req.path.slice('/dashboard/'.length)
    const file = found.get(name)
    if (file && name !== 'index.html')
      return c.body(file.content, 200, {
        'Content-Type': file.type,
        // Their names change with their content.
        'Cache-Control': 'public, max-age=31536000, immutable',
      })
    const page = name.startsWith('assets/') ? undefined : found.get('index.html')
    if (page) return c.body(page.content, 200, { 'Content-Type': page.type })
    return c.text(
      found.size === 0
        ? 'The dashboard is not built: run npm run build -w @sparekey/dashboard and start again.'
        : 'There is no such file.',
      found.size === 0 ? 503 : 404,
    )
  })
}
