import type { Mailer } from '@sparekey/mail/mailer'
import type { Tracing } from '@sparekey/trace/trace'

/** A span for each mail that is handed over: to which server, and what came of it. Never to whom. */
export function tracedMailer(
  mailer: Pick<Mailer, 'send'>,
  tracing: Pick<Tracing, 'call'>,
): Pick<Mailer, 'send'> {
  return {
    send: (message, limits) =>
      tracing.call('send mail', async span => {
        const attempts = await mailer.send(message, limits)
        const last = attempts.at(-1) ?? attempts[0]
        span.set({
          'server.address': last.transport,
          'sparekey.mail_id': message.id,
          'sparekey.outcome': last.class,
          'sparekey.attempts': attempts.length,
          ...(last.code === undefined ? {} : { 'smtp.code': last.code }),
        })
        if (last.class !== 'accepted') span.fail(last.class)
        return attempts
      }),
  }
}
