import PostalMime from 'postal-mime'

/** Scripts, forms and frames are off; pictures may come from the mail itself or over TLS, as in a mail program. */
export const DOCUMENT_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data: https:',
  'font-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ')

const BASE = '<base target="_blank">'

/** The HTML part of a mail as a document for the frame: its links open a tab of their own, its attached pictures are put in. */
export const htmlDocument = async (html: string, source: Buffer): Promise<string> => {
  const opening =
    /<head(?:\s[^>]*)?>/i.exec(html) ?? /<html(?:\s[^>]*)?>/i.exec(html) ?? /<!doctype[^>]*>/i.exec(html)
  const at = opening ? opening.index + opening[0].length : 0
  const document = html.slice(0, at) + BASE + html.slice(at)
  if (!/cid:/i.test(document)) return document
  const { attachments } = await PostalMime.parse(source, { attachmentEncoding: 'base64' })
  const pictures = new Map(
    attachments
      .filter(part => part.contentId && part.mimeType.startsWith('image/'))
      .map(part => [part.contentId?.replace(/^<|>$/g, ''), `data:${part.mimeType};base64,${part.content}`]),
  )
  return document.replace(/cid:([^"'\s)>]+)/gi, (whole, id: string) => pictures.get(id) ?? whole)
}
