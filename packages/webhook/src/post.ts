import { type OpenError, type OpenOptions, open } from './open.ts'

const deadlineMs = 15_000
/** Of an answer only its beginning is of use, for people who look for the cause. */
const answerBytes = 500

/** What came of a delivery: the answer's status, or why there was none. */
export interface Posted {
  delivered: boolean
  status?: number
  error?: OpenError | 'redirect' | 'status'
  /** Seconds that the receiver asks us to wait; any finite number above 0. */
  retryAfter?: number
  durationMs: number
}

export type PostOptions = Pick<OpenOptions, 'url' | 'headers' | 'body' | 'allowed' | 'lookup'>

/** Posts JSON once, as `open` does; any 2xx is a delivery. Never rejects. */
export async function post({ headers, ...options }: PostOptions): Promise<Posted> {
  const began = performance.now()
  const done = (posted: Omit<Posted, 'durationMs'>): Posted => ({
    ...posted,
    durationMs: Math.round(performance.now() - began),
  })
  const opened = await open({
    ...options,
    headers: { 'user-agent': 'Sparekey-Webhook/1', ...headers },
    deadlineMs,
  })
  if ('error' in opened) return done({ delivered: false, error: opened.error })
  const { response } = opened
  let seen = 0
  response.on('data', (chunk: Buffer) => {
    seen += chunk.length
    if (seen > answerBytes) response.destroy()
  })
  response.on('error', () => {})
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) return done({ delivered: true, status })
  const retryAfter = Number(response.headers['retry-after'])
  return done({
    delivered: false,
    status,
    error: status >= 300 && status < 400 ? 'redirect' : 'status',
    ...(Number.isFinite(retryAfter) && retryAfter > 0 ? { retryAfter } : {}),
  })
}
