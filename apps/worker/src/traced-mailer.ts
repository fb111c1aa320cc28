import type { Mailer } from '@sparekey/mail/mailer'
import type { Tracing } from '@sparekey/trace/trace'

/** A span for each mail that is handed over: to which server, and what came of it. Never to whom. */
export function tracedMailer(
  mailer: Pick<Mailer, 'send' | 'isReady'>,
  tracing: Pick<Tracing, 'call'>,
): Pick<Mailer, 'send' | 'isReady'> {
  return {
    isReady: mailer.isReady,
    send: (mail, limits) =>
      tracing.call('send mail', async span => {
        const attempts = await mailer.send(mail, limits)
        span.set({ 'sparekey.mail_id': mail.id, 'sparekey.attempts': attempts.length })
        const last = attempts.at(-1)
        if (!last) return attempts
        span.set({
          'server.address': last.transport,
          'sparekey.outcome': last.class,
          ...(last.code === undefined ? {} : { 'smtp.code': last.code }),
        })
        if (last.class !== 'accepted') span.fail(last.class)
        return attempts
      }),
  }
}
