import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sparekey, startSparekey, tokenOf } from '../support/sparekey.ts'
import { newest, person, verify } from './support/people.ts'

const password = 'violet <kayak> & "hums" at dawn'
const model = 'http://schemas.datacontract.org/2004/07/Eros.Subtle.Canvara.WebAPIModel.ServiceModel'
const instance = 'http://www.w3.org/2001/XMLSchema-instance'
let sparekey: Sparekey
let app: Awaited<ReturnType<Sparekey['application']>>
let listener: Server
let listenerUrl: string
const seen: (string | undefined)[] = []

beforeAll(async () => {
  sparekey = await startSparekey({ backend: 'postgres' })
  app = await sparekey.application({ limits: { perAddressMinute: 6000 } })
  listener = createServer((request, response) => {
    seen.push(request.url)
    response.end('<!ENTITY x "mallory">')
  })
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  listenerUrl = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
})
afterAll(async () => {
  listener?.close()
  await sparekey?.close()
})

const send = (dto: string, body: string, type = 'application/xml') =>
  fetch(`${sparekey.url}/compat/platform/api/xml/reply/${dto}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  })
const request = (inner: string) => `<GetResetPasswordToken>${inner}</GetResetPasswordToken>`
/** A body that would be good but for `more`. */
const goodBut = (more: string) => user('anna').replace('<Sub', `${more}<Sub`)
const user = (name: string) => request(`<SubdomainName>acme</SubdomainName><UserName>${name}</UserName>`)

test('what a .NET client writes asks for a mail and sets a password', async () => {
  const login = await person(sparekey, app.secret)
  const asked = await send(
    'GetResetPasswordToken',
    `<?xml version="1.0" encoding="utf-8"?>\r\n<GetResetPasswordToken xmlns:i="${instance}" xmlns="${model}">` +
      '<ApplianceId>00000000-0000-0000-0000-000000000000</ApplianceId><ApplianceLoginUrl i:nil="true" />' +
      `<SubdomainName>acme</SubdomainName><SuiteId i:nil="true" /><UserName>${login}</UserName></GetResetPasswordToken>`,
  )
  expect(asked.status).toBe(200)
  expect(await newest(sparekey, app.secret, login)).toMatchObject({ dialect: 'platform' })
  const escaped = password.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&#62;')
  const reset = (token: string) =>
    send(
      'PasswordReset',
      `<q:PasswordReset xmlns:q="${model}"><q:ConfirmPassword>${escaped}</q:ConfirmPassword>` +
        `<q:NewPassword><![CDATA[${password}]]></q:NewPassword><q:SubdomainName>acme</q:SubdomainName>` +
        `<q:Token><!-- mailed -->${token}</q:Token></q:PasswordReset>`,
      'text/xml; charset=UTF-8',
    )
  const token = tokenOf(await sparekey.mail(login))
  expect((await reset(token)).status).toBe(200)
  expect(await verify(sparekey, app.secret, login, password)).toBe(true)
  const replayed = await reset(token)
  expect(replayed.status).toBe(400)
  expect(await replayed.text()).toContain('<d2p1:ErrorCode>ArgumentException</d2p1:ErrorCode>')
})

const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')
test.each<[string, () => string]>([
  ['a DTD', () => `<!DOCTYPE GetResetPasswordToken>${user('anna')}`],
  ['a DTD from elsewhere', () => `<!DOCTYPE a SYSTEM "${listenerUrl}/dtd">${user('anna')}`],
  ['an external entity', () => `<!DOCTYPE a [<!ENTITY x SYSTEM "${listenerUrl}/x">]>${user('&x;')}`],
  ['an entity of a file', () => `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${user('&x;')}`],
  ['a parameter entity', () => `<!DOCTYPE a [<!ENTITY % x SYSTEM "${listenerUrl}/p">%x;]>${user('anna')}`],
  ['expansion', () => `<!DOCTYPE a [<!ENTITY l0 "ha">${laughs}]>${user('&l9;')}`],
  ['a DTD in lower case', () => `<!doctype a [<!ENTITY x "anna">]>${user('&x;')}`],
  ['a DTD behind a comment', () => `<!-- a --><!DOCTYPE a [<!ENTITY x "anna">]>${user('&x;')}`],
  ['a DTD around a comment', () => `<<!-- a -->!DOCTYPE a [<!ENTITY x "anna">]>${user('&x;')}`],
  ['a DTD in an attribute', () => user('anna').replace('>', ' a="<!--"><!DOCTYPE a><b c="--></b>">')],
  ['a comment in an attribute', () => user('anna').replace('>', ' a=">" b="<!-- -->">')],
  ['an attribute without end', () => `<a b="${'x='.repeat(30_000)}`],
  ['an entity that nobody declared', () => user('&anna;')],
  ['an entity in a member that nobody reads', () => goodBut('<Else a="&x;" />')],
  ['an entity named as JavaScript’s own', () => goodBut('<Else>&constructor;</Else>')],
  ['a processing instruction', () => `<?xml-stylesheet href="${listenerUrl}/style"?>${user('anna')}`],
  ['an XInclude processing instruction inside', () => user('<?include a?>anna')],
  ['a second declaration', () => `<?xml version="1.0"?><?xml version="1.0"?>${user('anna')}`],
  ['another encoding', () => `<?xml version="1.0" encoding="utf-7"?>${user('anna')}`],
  ['a NUL by number', () => goodBut('<Else>&#0;</Else>')],
  ['half a surrogate by number', () => goodBut('<Else>&#xD800;</Else>')],
  ['a control character', () => goodBut('<Else>\u0001</Else>')],
  ['tags that do not match', () => goodBut('<a><b></a></b>')],
  ['an open tag', () => '<GetResetPasswordToken><UserName>anna'],
  ['an open comment, often', () => `<GetResetPasswordToken>${'<!--'.repeat(16_000)}`],
  ['an open CDATA, often', () => `<GetResetPasswordToken>${'<![CDATA['.repeat(7_000)}`],
  ['20,000 levels', () => `${'<a>'.repeat(20_000)}`],
  ['8,000 levels, all closed', () => goodBut('<a>'.repeat(8000) + '</a>'.repeat(8000))],
  ['10,000 members', () => goodBut('<a/>'.repeat(10_000))],
  [
    'a tag of 5,000 attributes',
    () => goodBut(`<a ${Array.from({ length: 5000 }, (_, i) => `a${i}=""`).join(' ')}/>`),
  ],
  ['two roots', () => user('anna') + user('anna')],
  ['text behind the root', () => `${user('anna')} anna`],
  ['another root', () => user('anna').replaceAll('GetResetPasswordToken', 'PasswordReset')],
  ['the name __proto__', () => goodBut('<__proto__><a>b</a></__proto__>')],
  ['JSON', () => '{"UserName": "anna", "SubdomainName": "acme"}'],
  ['an oversized body', () => user('a'.repeat(100_000))],
])('%s is refused with 400, and nothing is read, fetched or asked for', async (_what, body) => {
  expect(await refused(body())).toContain('<d2p1:ErrorCode>SerializationException<')
  expect(seen).toEqual([])
})

test.each([
  ['elements for a text', user('<a>anna</a>')],
  ['a member twice', goodBut('<UserName>bert</UserName>')],
  ['nothing', '<GetResetPasswordToken/>'],
])('%s is refused with 400 as any wrong member is', async (_what, body) => {
  expect(await refused(body)).toContain('<d2p1:FieldName>UserName<')
})

async function refused(body: string): Promise<string> {
  const answer = await send('GetResetPasswordToken', body)
  const text = await answer.text()
  expect(answer.status).toBe(400)
  expect(answer.headers.get('content-type')).toBe('application/xml')
  expect(text).not.toMatch(/root:|mallory|haha/)
  expect(await sparekey.sql`select 1 from reset_requests where login not like 'person%'`).toHaveLength(0)
  return text
}

test('the listener that saw nothing does see what is fetched', async () => {
  await fetch(`${listenerUrl}/control`)
  expect(seen).toEqual(['/control'])
})

test('members that nobody knows are passed over, and character references are read', async () => {
  const name = '&#x61;nna&#43;&apos;&#128273;@example.com'
  const body = request(
    `<SubdomainName>acme</SubdomainName><Else a="1"><b>c</b></Else><UserName>${name}</UserName><UserName i:nil="true" xmlns:i="${instance}">bert</UserName>`,
  )
  expect((await send('GetResetPasswordToken', body)).status).toBe(200)
  expect((await newest(sparekey, app.secret, "anna+'🔑@example.com")).dialect).toBe('platform')
})
