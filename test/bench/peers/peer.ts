import { freePort } from '../../support/port.ts'
import type { Order, Outcome, Target } from '../load.ts'
import { answers, type Program, script } from '../processes.ts'
import { emailOf, type Stage } from '../stage.ts'
import { createTraffic, type Traffic } from '../traffic.ts'

/** Something else that takes requests and sends mails, measured like Sparekey. */
export interface Peer extends Traffic {
  name: string
  close(): Promise<void>
}

type Request = Omit<Target, 'port' | 'headers'>

/** Where a peer's process answers 200 as soon as it may be measured. */
export const readyPath = '/ready'

/** Starts a peer's process; `PORT` is where it must listen. */
export async function openPeer(
  stage: Stage,
  name: string,
  program: Omit<Program, 'name'>,
  request: Request,
): Promise<Peer> {
  const port = await freePort()
  const env = { ...program.env, PORT: `${port}` }
  const args = program.args.map(argument => argument.replace('{port}', `${port}`))
  const child = stage.processes.start({ ...program, name, args, env })
  await answers(child, `http://127.0.0.1:${port}${readyPath}`)
  const target = { ...request, port, headers: { host: `127.0.0.1:${port}` } }
  const traffic = createTraffic(stage, target, { onMissing: async () => child.output() })
  return { name, ...traffic, close: () => child.end() }
}

/** The body that Sparekey gets, to whoever takes JSON. */
export const jsonRequest = (path: string, field: string): Request => ({
  path,
  contentType: 'application/json',
  body: `{"${field}":"${emailOf('{n}')}"}`,
  status: 200,
})

/** A bare Hono server that answers with what it was posted: what there is to reach with this machine and this load. */
export async function openEcho(stage: Stage) {
  const port = await freePort()
  const program = script('./peers/echo.ts')
  const child = stage.processes.start({ name: 'echo', ...program, env: { PORT: `${port}` } })
  await answers(child, `http://127.0.0.1:${port}${readyPath}`)
  const target = {
    ...jsonRequest('/echo', 'login'),
    port,
    headers: { authorization: `Bearer ${stage.publishable}` },
  }
  return {
    async post(posting: Omit<Order, 'target' | 'from'>): Promise<Outcome> {
      const outcome = await stage.load.ask<Outcome>('run', { ...posting, target, from: 0 })
      if (outcome.refused.length > 0) throw new Error(`the echo refused: ${outcome.refused[0]}`)
      return outcome
    },
    close: () => child.end(),
  }
}
