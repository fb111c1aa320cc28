import { OpenAPIHono } from '@hono/zod-openapi'
import type { Log } from '@sparekey/log/log'
import type { Mailbox } from '@sparekey/mailbox/mailbox'
import type { Metrics } from '@sparekey/metrics/metrics'
import type { Context as CoreContext } from '@sparekey/reset/context'
import type { Tracing } from '@sparekey/trace/trace'
import type { Context } from 'hono'
import { createPathError } from './allow.ts'
import { type AuthDeps, type Caller, createAuth } from './auth.ts'
import { createNoteChange } from './changes.ts'
import { createClientOf, isFromInside } from './client.ts'
import type { BoardDeps } from './dashboard/board.ts'
import { addDashboard } from './dashboard/dashboard.ts'
import { addDialects } from './dialects/dialects.ts'
import { addDocs } from './docs.ts'
import { addDocument } from './document.ts'
import type { Api, Env } from './endpoint.ts'
import { addHealth } from './health.ts'
import { callsPerMinute, type Limit, type Limits } from './limits.ts'
import type { Live } from './live.ts'
import { createObserved } from './observed.ts'
import { createPageVerbs } from './page-verbs.ts'
import { createPages } from './pages/pages.tsx'
import { createExplain, problemResponse } from './problem.ts'
import { createSessions } from './sessions.ts'
import { createTraced } from './traced.ts'
import { addAccounts } from './v1/accounts.ts'
import { addApplications } from './v1/applications.ts'
import { addAudit } from './v1/audit.ts'
import { addHumanChallenges } from './v1/human-challenges.ts'
import { addKeys } from './v1/keys.ts'
import { addMails, type MailDeps } from './v1/mails.ts'
import { addQueues, type QueueDeps } from './v1/queues.ts'
import { addResetRequests } from './v1/reset-requests.ts'
import { addResetTokens } from './v1/reset-tokens.ts'
import { addSession } from './v1/session.ts'
import { addStats } from './v1/stats.ts'
import { addSuppressions } from './v1/suppressions.ts'
import { addWebhooks } from './v1/webhooks.ts'

export interface AppDeps {
  core: CoreContext
  credentials: AuthDeps['credentials'] & { forget(): void }
  adminKey: string
  publicUrl: string
  trustProxy: readonly string[]
  limits: Limits
  queues: QueueDeps['queues'] & BoardDeps['queues']
  /** Where the dashboard lies built; its own folder unless told. */
  dashboardFolder?: string
  live: Live
  renderer: MailDeps['renderer']
  pingDatabase(): Promise<void>
  pingQueue(): Promise<void>
  metrics: Metrics
  tracing?: Pick<Tracing, 'serve'> | undefined
  log: Log
  mailbox?: Pick<Mailbox, 'app'>
}

/** The whole of the API: `/v1`, hosted pages, mailbox, reference, health, metrics. Opens nothing and listens nowhere. */
export function createApp(deps: AppDeps): Api {
  const { core, limits, log, publicUrl, mailbox } = deps
  const app = new OpenAPIHono<Env>()
  const clientOf = createClientOf(deps.trustProxy)
  const onRefused = (c: Context) => limits.takeAddress('refused-key', clientOf(c).ip, callsPerMinute)
  const sessions = createSessions(core, deps.adminKey, publicUrl)
  const authenticate = createAuth({ ...deps, sessions, onRefused })
  const countCall = (caller: Caller, own: Limit | undefined) => {
    const ofKey =
      'keyId' in caller
        ? { name: 'key', who: caller.keyId, most: caller.application.limits.perKeyMinute }
        : undefined
    return limits.takeInTurn(own, ofKey)
  }
  const https = publicUrl.startsWith('https:')

  const explain = createExplain(log)
  app.onError((error, c) => problemResponse(c, explain(error, c)))
  if (deps.tracing) app.use(createTraced(deps.tracing))
  app.use(createObserved(deps.metrics, log, { https }))

  const noteChange = createNoteChange(core, clientOf, log)
  const calls = {
    core,
    authenticate,
    countCall,
    noteChange,
    clientOf,
    limits,
    forgetKeys: deps.credentials.forget,
  }
  addResetRequests(app, calls)
  addHumanChallenges(app, calls)
  addResetTokens(app, calls)
  addAccounts(app, calls)
  addApplications(app, calls)
  addKeys(app, calls)
  addWebhooks(app, calls)
  addSuppressions(app, calls)
  addSession(app, { ...calls, sessions, adminKey: deps.adminKey, publicUrl })
  addQueues(app, { ...calls, queues: deps.queues })
  addStats(app, { ...calls, live: deps.live })
  addAudit(app, calls)
  addMails(app, { ...calls, renderer: deps.renderer, publicUrl })
  addDialects(app, { ...calls, credentials: deps.credentials, onRefused, publicUrl, explain })
  addHealth(app, { ...calls, pingDatabase: deps.pingDatabase, pingQueue: deps.pingQueue })
  addDocument(app)
  addDocs(app, { https })
  // On a quiet day a request that waits, or waits no more, tells whether its login has an account.
  const isOperator = (c: Context) => authenticate(c, 'admin').then(Boolean, () => false)
  app.get('/metrics', async c => {
    if (!isFromInside(c) && !(await isOperator(c))) return await c.notFound()
    return c.body(await deps.metrics.text(), 200, {
      'Content-Type': deps.metrics.contentType,
      'Cache-Control': 'no-store',
    })
  })
  addDashboard(app, { authenticate, queues: deps.queues, https, folder: deps.dashboardFolder })
  app.get('/', c => c.redirect('/docs'))
  if (mailbox) app.route('/mailbox', mailbox.app)
  app.route('/', createPages({ verbs: createPageVerbs(core, limits), publicUrl, clientOf, log }))
  const pathError = createPathError(app)
  app.notFound(c => problemResponse(c, pathError(c)))
  return app
}
