import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import PostalMime from 'postal-mime'
import type { Stage } from '../stage.ts'

/** What Sparekey's own mail says, so that all peers send the same. `marker` stands where the link was. */
export interface MailContent {
  from: string
  subject: string
  html: string
  text: string
}

export const marker = '@@link@@'

/** Decodes a mail that the sink took, and leaves it in a file for the peers' processes. Resolves to its path. */
export async function keepContent(stage: Stage, sample: string): Promise<string> {
  const { from, subject = '', html = '', text = '' } = await PostalMime.parse(sample.replace(/^\.\./gm, '.'))
  const unlinked = (part: string) =>
    part.replace(/https:\/\/reset\.bench\.example\/[^\s"<>#]*#[\w-]+/g, marker)
  const content: MailContent = {
    from: `"${from?.name}" <${from?.address}>`,
    subject,
    html: unlinked(html),
    text: unlinked(text),
  }
  if (!content.html.includes(marker) || !content.text.includes(marker)) throw new Error('no link in the mail')
  const path = join(stage.folder, 'mail.json')
  await writeFile(path, JSON.stringify(content))
  return path
}
