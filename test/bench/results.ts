import { readFile, writeFile } from 'node:fs/promises'
import { barChart } from './chart.ts'
import { type Figures, isMet } from './figure.ts'
import { describeMachine } from './machine.ts'
import type { Stage } from './stage.ts'
import { markdownTable } from './table.ts'

/** Writes RESULTS.md and its chart beside this file. */
export async function writeResults(stage: Stage, results: Figures[], seconds: number): Promise<void> {
  const figures = results.flatMap(({ figures }) => figures)
  const notes = results.flatMap(({ notes = [] }) => notes)
  const judged = figures.map(isMet).filter(met => met !== undefined)
  const bars = results.flatMap(({ bars = [] }) => bars)
  const { rounds, connections, seconds: window, warmSeconds, backlog } = stage.settings
  const text = `# Results

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}, in ${Math.round(seconds / 60)} minutes, in one run. ${judged.filter(met => met).length} of ${judged.length} goals are met.

${bars.length > 0 ? '![Mails delivered a second](mails.svg)\n\n' : ''}${markdownTable(figures)}

${notes.map(note => `- ${note}`).join('\n')}
- ${stage.checked.requests.toLocaleString('en')} requests were accepted in all, and each was found to have ended as exactly one mail.

${await readFile(new URL('./what-binds.md', import.meta.url), 'utf8')}
## The machine

${(await describeMachine(stage)).map(line => `- ${line}`).join('\n')}

Postgres, Redis, the mail sink, the load generator and what is measured share these cores.

## How it was measured

- Everything is a process of its own on loopback: API and worker as operators start them, Postgres with its default
  settings, Redis, a mail sink that offers PIPELINING and takes everything, and a load generator of ${connections} keep-alive connections,
  each of which waits for its answer before it asks again. Each request is for another person, who has an account.
- A figure is the median of ${rounds} rounds of ${window} s after ${warmSeconds} s of warm-up; each round measures all that is compared, one after the other.
  A ratio is that of the medians.
- *Accepted*: ${2 * rounds - 1} rounds of ${(3 / 4) * window} s after ${warmSeconds / 2} s, and after ${3 * warmSeconds} s in which V8 compiles. The worker is off meanwhile, and delivers everything afterwards.
- *Delivered*: mails that the sink got while requests kept coming, after a whole round for warming up. The load stands still while more than ${backlog.toLocaleString('en')} requests have
  no mail yet, so that the figure is what can be held for ever, not what a growing queue hides. The same load goes to the peers: a
  handler that renders MJML and sends in the request, better-auth's \`requestPasswordReset\` on its Postgres adapter, both with
  nodemailer's pool of five connections; and Django's \`PasswordResetView\` under gunicorn with its own SMTP backend, and an index on
  \`upper(email)\` that Django lacks. But for the inline handler's HTML, they send Sparekey's own mail.
- *One worker*: the queue is filled while no worker runs; counted from the first fifth of its mails to its last. nodemailer's
  pool sends the same mail, decoded, and does nothing else.
- *Inbox*: from the moment before the POST is written to the moment when the sink has the whole mail.
- *Overview*: in headless Chromium with an empty cache and a session, from the navigation to the moment when all figures are
  there and the page says that it is live.
- *Rows*: requests of the past, each with a mail and an attempt, vacuumed and with all indexes.
`
  await writeFile(new URL('./RESULTS.md', import.meta.url), text)
  if (bars.length > 0)
    await writeFile(
      new URL('./mails.svg', import.meta.url),
      barChart('Mails delivered a second, end to end', bars),
    )
}
