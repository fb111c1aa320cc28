/**
 * A login or address as it is compared: NFC and ASCII lower case, nothing else. Unicode case mapping would make
 * `mıke@example.com` and `mike@example.com` one (CVE-2019-19844).
 */
export function loginKey(text: string): string {
  if (isKey.test(text)) return text
  return text
    .normalize('NFC')
    .trim()
    .replace(/[A-Z]+/g, upper => upper.toLowerCase())
}

/** As most are: nothing would change. */
const isKey = /^[!-@[-~]+$/
const control = /\p{Cc}/u

/** Whether this can be a login at all: one line of valid Unicode, without the NUL that Postgres can't keep. */
export const isLogin = (text: string): boolean => !control.test(text) && text.isWellFormed()

/** `anna@example.com` → `a•••@example.com`; a login without `@` keeps its first letter. */
export function maskLogin(login: string): string {
  const at = login.lastIndexOf('@')
  const first = [...login][0] ?? ''
  return at > 0 ? `${first}•••${login.slice(at)}` : `${first}•••`
}
