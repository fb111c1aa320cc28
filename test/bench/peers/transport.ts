import { readFileSync } from 'node:fs'
import nodemailer from 'nodemailer'
import { type MailContent, marker } from './mail.ts'

const env = process.env
const { from, subject, html, text }: MailContent = JSON.parse(readFileSync(env.MAIL ?? '', 'utf8'))

/** nodemailer's pool to the sink, with five connections. */
export const createPool = (signed = false) =>
  nodemailer.createTransport({
    pool: true,
    maxConnections: 5,
    host: '127.0.0.1',
    port: Number(env.SMTP_PORT),
    secure: false,
    ...(signed && {
      dkim: {
        domainName: env.DKIM_DOMAIN ?? '',
        keySelector: env.DKIM_SELECTOR ?? '',
        privateKey: readFileSync(env.DKIM_KEY ?? '', 'utf8'),
      },
    }),
  })

/** Sparekey's own mail, with this link in it. */
export const mailTo = (to: string, link: string) => ({
  from,
  to,
  subject,
  html: html.replaceAll(marker, link),
  text: text.replaceAll(marker, link),
})
