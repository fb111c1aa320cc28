import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { ApiError } from '../../problem.ts'

const declaration =
  /^<\?xml\s+version=(["'])1\.0\1(?:\s+encoding=(["'])utf-?8\2)?(?:\s+standalone=(["'])(?:yes|no)\3)?\s*\?>/i
/** A comment, CDATA, a tag whole with its quoted values (so that nothing in them is taken for more), or a bare `<`. */
const markup = /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<[^<>"'!?](?:[^<>"']|"[^<"]*"|'[^<']*')*>|</g
/** Far more than any DTO needs; bodies of nothing but tags would keep the parser busy. */
const mostTags = 200
const tagLength = 2000
const prefix = 'attribute '
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: prefix,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  // XML's own five are read below; there are no others.
  processEntities: false,
  maxNestedTags: 16,
})

/** As the parser gives it: one key besides `:@` is the element's name, `#text` a piece of text. */
type Node = Record<string, unknown>

/**
 * The members of a DTO that DataContractSerializer wrote: its root must have the DTO's name. Namespaces and prefixes
 * are not looked at; `i:nil` gives null, and an element with elements in it their list.
 * Takes no DTD, no entity but XML's own five, and no processing instruction, so that nothing can expand and nothing
 * outside be named. Throws ApiError `malformed_json`.
 */
export function readXml(text: string, root: string): [name: string, value: unknown][] {
  const nodes = parse(withoutMarkup(text))
  const [top, second] = nodes.filter(node => !('#text' in node))
  if (!top || second || nameOf(top) !== root) throw malformed(`The root of the body must be ${root}.`)
  return childrenOf(top)
    .filter(node => !('#text' in node))
    .map(node => [nameOf(node), readValue(node)])
}

/** Without declaration and comments, CDATA as plain text; any other markup of that kind is refused before parsing. */
function withoutMarkup(text: string): string {
  const body = text.replace(/^\uFEFF/, '').replace(declaration, '')
  let plain = ''
  let at = 0
  let tags = 0
  // The first refusal ends the search, which unclosed comments would make quadratic; replace() looks for all at first.
  for (const { 0: found, 1: cdata, index } of body.matchAll(markup)) {
    if (found === '<') throw refused()
    if (++tags > mostTags || (cdata === undefined && found.length > tagLength)) throw malformed()
    const text = cdata?.replace(/[&<>]/g, character => `&#${character.charCodeAt(0)};`)
    plain += body.slice(at, index) + (text ?? (found.startsWith('<!--') ? '' : found))
    at = index + found.length
  }
  plain += body.slice(at)
  // Two halves around a comment can make a whole.
  if (/<[!?]|&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)/.test(plain)) throw refused()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these have no place in XML 1.0 (section 2.2)
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(plain)) throw malformed()
  return plain
}

function parse(text: string): Node[] {
  // The parser alone takes tags that do not match.
  if (XMLValidator.validate(text) !== true) throw malformed()
  try {
    return parser.parse(text)
  } catch {
    throw malformed()
  }
}

const nameOf = (node: Node) => Object.keys(node).find(key => key !== ':@') ?? ''
const childrenOf = (node: Node) => node[nameOf(node)] as Node[]

function readValue(node: Node): unknown {
  const attributes = (node[':@'] ?? {}) as Record<string, unknown>
  if (attributes[`${prefix}nil`] === 'true' || attributes[`${prefix}nil`] === '1') return null
  const children = childrenOf(node)
  if (children.some(child => !('#text' in child))) return children
  return children.map(child => decode(String(child['#text']))).join('')
}

const entities = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }))

const decode = (text: string) =>
  text.replace(/&([^;]*);/g, (_, name: string) => entities.get(name) ?? numbered(name))

/** The character of a character reference, if XML 1.0 knows it (section 2.2). */
function numbered(name: string): string {
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name) ?? []
  const code = hex ? Number.parseInt(hex, 16) : Number(decimal ?? 0)
  const known =
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  if (!known) throw malformed()
  return String.fromCodePoint(code)
}

const malformed = (message = 'The body is not valid XML.') => new ApiError('malformed_json', message)
const refused = () => malformed('DTDs, entities and processing instructions are not taken.')
