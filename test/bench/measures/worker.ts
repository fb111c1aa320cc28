import { type Figures, ratioAtLeast } from '../figure.ts'
import { makeDkimKey } from '../peers/dkim.ts'
import { openPool, type Pool } from '../peers/pool.ts'
import { openSparekey, type Sparekey } from '../sparekey.ts'
import type { Stage } from '../stage.ts'
import { rateOfMiddle } from '../traffic.ts'

/** Of a queue: the start, and code that is not yet compiled. */
const skip = 0.2

/** Mails a second of one worker alone on a full queue, beside nodemailer's own pool with the same mail. */
export async function measureWorker(stage: Stage): Promise<Figures> {
  const { rounds } = stage.settings
  const key = await makeDkimKey(stage.folder)
  const sparekey = await openSparekey(stage)
  const plain: number[] = []
  const signed: number[] = []
  const pooled: number[] = []
  const pooledSigned: number[] = []
  let pool: Pool | undefined
  let signs = true
  for (let round = 0; round < rounds; round++) {
    const { rate, sample } = await empty(stage, sparekey)
    plain.push(rate)
    pool ??= await openPool(stage, sample, key)
    pooled.push(await pool.send({ signed: false }))
    if (!signs) continue
    const worker = await empty(stage, sparekey, { DKIM: `${key.selector}@${key.domain}=${key.path}` })
    signs = /^DKIM-Signature:/im.test(worker.sample)
    if (!signs) continue
    signed.push(worker.rate)
    pooledSigned.push(await pool.send({ signed: true }))
  }
  await sparekey.close()
  await pool?.close()

  const figures: Figures['figures'] = [
    {
      what: 'one worker on a full queue, no DKIM',
      unit: 'mails/s',
      values: plain,
      reference: { what: 'nodemailer pool', values: pooled },
      goal: ratioAtLeast(2.5, 'nodemailer'),
    },
  ]
  if (signs)
    figures.push({
      what: 'one worker on a full queue, RSA-2048 DKIM',
      unit: 'mails/s',
      values: signed,
      reference: { what: 'nodemailer pool with dkim', values: pooledSigned },
      goal: ratioAtLeast(3, 'nodemailer with dkim'),
    })
  return {
    figures,
    notes: signs ? [] : ['DKIM: not measured, since the worker does not sign (DKIM is not read).'],
  }
}

/** Fills the queue while no worker runs, then starts one and waits until everything is out. */
async function empty({ settings }: Stage, sparekey: Sparekey, env: Record<string, string> = {}) {
  await sparekey.post({ connections: settings.connections, count: settings.queued })
  await sparekey.startWorker(env)
  const taken = await sparekey.settle()
  await sparekey.stopWorkers()
  return { rate: rateOfMiddle(taken, { skip }), sample: taken.sample }
}
