import { isId } from '@sparekey/db/id'
import type { Log } from '@sparekey/log/log'
import { audit } from '@sparekey/reset/audit'
import type { Context as CoreContext } from '@sparekey/reset/context'
import type { Context } from 'hono'
import type { Caller } from './auth.ts'
import type { Client } from './client.ts'
import type { Change, Env } from './endpoint.ts'
import { requestIdOf } from './observed.ts'

/**
 * Writes what a call changed into the audit log. The change is made by then: where the log can't be written, that is an
 * error in the process's own log, with the same words, and no answer that would say the change had failed.
 */
export function createNoteChange(core: Pick<CoreContext, 'db'>, clientOf: (c: Context) => Client, log: Log) {
  return async (c: Context<Env>, caller: Caller, { action, params, fields }: Change): Promise<void> => {
    const id = typeof params.id === 'string' ? params.id : undefined
    // Where the operator names whose thing it is, the call has looked that it is so.
    const named = c.req.query('applicationId')
    const about = [c.get('applicationId'), c.get('target'), id, named].find(
      text => text !== undefined && isId('app', text),
    )
    const entry = {
      actor: 'keyId' in caller ? caller.keyId : 'operator',
      applicationId: 'application' in caller ? caller.application.id : about,
      action,
      target:
        c.get('target') ?? [...Object.values(params)].reverse().find(value => typeof value === 'string'),
      fields: fields.slice(0, 50),
      ip: clientOf(c).ip || undefined,
      requestId: requestIdOf(c),
    }
    try {
      await audit(core, entry)
    } catch (error) {
      log.error({ error, ...entry }, 'a change is not in the audit log')
    }
  }
}
