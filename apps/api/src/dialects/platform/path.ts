/** The DTOs of the service, by their ServiceStack names. */
export const dtoNames = ['GetResetPasswordToken', 'PasswordReset'] as const
export type DtoName = (typeof dtoNames)[number]
export type Format = 'json' | 'xml'

/** What a path says. */
export interface Target {
  /** None where the path leads nowhere. */
  dto?: DtoName
  /** From the path, still percent-encoded. */
  userName?: string
  /** `.json` or `.xml` at the end. */
  suffix?: Format
  /** The format of `/json/reply/` or `/xml/reply/`. */
  reply?: Format
}

/** Reads a path below the dialect's own. As in ServiceStack case does not count, nor does a slash at the end. */
export function readPath(path: string): Target {
  const [, bare = '', ending] = /^(.*?)(\.json|\.xml)?\/?$/i.exec(path) ?? []
  const suffix = ending ? formatNamed(ending.slice(1)) : undefined
  const [, userName] = /^\/api\/account\/([^/]+)\/passwordresettoken$/i.exec(bare) ?? []
  if (userName) return { dto: 'GetResetPasswordToken', userName, suffix }
  if (/^\/api\/account\/passwordreset$/i.test(bare)) return { dto: 'PasswordReset', suffix }
  const [, reply, name] = /^\/api\/(?:([^/]+)\/reply\/)?([^/]+)$/i.exec(bare) ?? []
  const format = reply === undefined ? undefined : formatNamed(reply)
  if (reply !== undefined && format === undefined) return { suffix }
  const dto = dtoNames.find(one => one.toLowerCase() === name?.toLowerCase())
  return { dto, suffix, reply: format }
}

/** `json` or `xml`, however it is written. */
export function formatNamed(text: string): Format | undefined {
  const name = text.toLowerCase()
  return name === 'json' || name === 'xml' ? name : undefined
}
