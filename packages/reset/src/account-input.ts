import { checkAddress } from '@sparekey/mail/address'
import type { Application } from './applications.ts'
import type { Context } from './context.ts'
import { invalid } from './errors.ts'
import { loginKey } from './login.ts'
import { assertPassword } from './passwords/check.ts'
import { checkHash, hashPassword } from './passwords/hash.ts'

/** An account as it is made; a password in the clear, or a hash from elsewhere, or neither. */
export interface AccountInput {
  login: string
  email: string
  name?: string | null | undefined
  locale?: string | null | undefined
  password?: string | undefined
  passwordHash?: string | undefined
}

/** What may be changed; null takes name or locale away. */
export type AccountPatch = Partial<AccountInput>

/** Throws ResetError `invalid_request` where the application's accounts are not ours to keep. */
export function checkDirectory({ directory }: Pick<Application, 'directory'>): void {
  if (directory !== 'builtin') throw invalid('directory', 'keeps the accounts; they are not kept here')
}

/** The columns that the given fields become, checked but for the password. Throws ResetError `invalid_request`. */
export function accountFields({ login, email, name, locale }: AccountPatch) {
  if (login !== undefined && !isLine(login, 320)) throw invalid('login', 'must be one line of text')
  if (name && !isLine(name, 200)) throw invalid('name', 'must be one line of at most 200 characters')
  if (locale && !/^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i.test(locale)) {
    throw invalid('locale', 'must be a language tag such as en or de-CH')
  }
  const address = email === undefined ? undefined : checkAddress(email)
  if (address === null) throw invalid('email', 'must be an email address')
  return {
    ...(login === undefined ? {} : { login: login.trim(), loginKey: loginKey(login) }),
    ...(address === undefined ? {} : { email: address, emailKey: loginKey(address) }),
    ...(name === undefined ? {} : { name: name || null }),
    ...(locale === undefined ? {} : { locale: locale || null }),
  }
}

/**
 * The hash to store for a given password or a given hash; undefined where neither is given.
 * Throws ResetError `password_refused` with the reasons, `invalid_request`.
 */
export async function hashOf(
  context: Pick<Context, 'isBreached'>,
  application: Pick<Application, 'minPasswordLength' | 'name'>,
  who: { login: string; email: string; name?: string | null | undefined },
  { password, passwordHash }: Pick<AccountInput, 'password' | 'passwordHash'>,
): Promise<string | undefined> {
  if (password !== undefined && passwordHash !== undefined) {
    throw invalid('passwordHash', 'is not taken beside password')
  }
  if (passwordHash !== undefined) {
    const wrong = checkHash(passwordHash)
    if (wrong) throw invalid('passwordHash', wrong)
    return passwordHash
  }
  if (password === undefined) return undefined
  const { login, email, name } = who
  await assertPassword(context, password, {
    minLength: application.minPasswordLength,
    login,
    email,
    name,
    applicationName: application.name,
  })
  return await hashPassword(password)
}

function isLine(text: string, most: number): boolean {
  return text.trim() !== '' && text.length <= most && !/\p{Cc}/u.test(text)
}
