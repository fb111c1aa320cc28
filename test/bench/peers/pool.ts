import { script } from '../processes.ts'
import type { Taken } from '../sink.ts'
import type { Stage } from '../stage.ts'
import { rateOfMiddle } from '../traffic.ts'
import type { DkimKey } from './dkim.ts'
import { keepContent } from './mail.ts'

/** nodemailer's own pooled `sendMail`, in a process of its own. */
export interface Pool {
  /** Sends its mails; resolves to mails a second, counted as a worker's are. */
  send(how: { signed: boolean }): Promise<number>
  close(): Promise<void>
}

/** `sample`: a mail of Sparekey's, as the sink took it. */
export async function openPool(stage: Stage, sample: string, key: DkimKey): Promise<Pool> {
  const env = {
    SMTP_PORT: `${stage.sinkPort}`,
    MAIL: await keepContent(stage, sample),
    DKIM_KEY: key.path,
    DKIM_SELECTOR: key.selector,
    DKIM_DOMAIN: key.domain,
  }
  const child = stage.processes.start({
    name: 'pool',
    ...script('./peers/nodemailer.ts'),
    env,
    channel: true,
  })
  return {
    async send(how) {
      await stage.sink.ask('reset', {})
      await child.ask('send', { ...how, count: stage.settings.pooled })
      const taken = await stage.sink.ask<Taken>('taken')
      if (taken.mails !== stage.settings.pooled) throw new Error(`nodemailer sent ${taken.mails} mails`)
      if (how.signed !== /^DKIM-Signature:/im.test(taken.sample))
        throw new Error('nodemailer signs otherwise')
      return rateOfMiddle(taken, { skip: 0.2 })
    },
    close: () => child.end(),
  }
}
