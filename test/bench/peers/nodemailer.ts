import { randomBytes } from 'node:crypto'
import { serve } from '../channel.ts'
import { createPool, mailTo } from './transport.ts'

// All that a worker does besides is left out here: no database, no queue, no templates.

const inFlight = 100

serve({
  async send({ signed, count }: { signed: boolean; count: number }) {
    const pool = createPool(signed)
    let next = 0
    const work = async () => {
      while (next < count) {
        const link = `https://reset.bench.example/reset#${randomBytes(32).toString('base64url')}`
        await pool.sendMail(mailTo(`p${next++}@bench.example`, link))
      }
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    pool.close()
  },
})
