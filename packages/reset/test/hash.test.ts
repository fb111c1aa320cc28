import { pbkdf2Sync, scryptSync } from 'node:crypto'
import { hash as argon2 } from '@node-rs/argon2'
import bcrypt from 'bcryptjs'
import { describe, expect, it, test } from 'vitest'
import { checkHash, hashPassword, verifyPassword } from '../src/passwords/hash.ts'

const password = 'correct horse battery staple'
const salt = Buffer.from('0123456789abcdef')
const bare = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
const ab64 = (bytes: Buffer) => bare(bytes).replaceAll('+', '.')
const pbkdf2 = (digest: string, length: number, text = password) =>
  pbkdf2Sync(text, salt, 1000, length, digest)

const imported: Record<string, string> = {
  'argon2id with other parameters': await argon2(password, { memoryCost: 8192, timeCost: 1 }),
  argon2i: await argon2(password, { algorithm: 1, memoryCost: 8192, timeCost: 3 }),
  'bcrypt 2b': bcrypt.hashSync(password, 4),
  'bcrypt 2y': bcrypt.hashSync(password, 4).replace('$2b$', '$2y$'),
  'bcrypt 2a': bcrypt.hashSync(password, 4).replace('$2b$', '$2a$'),
  scrypt: `$scrypt$ln=10,r=8,p=1$${bare(salt)}$${bare(scryptSync(password, salt, 32, { N: 1024, r: 8, p: 1 }))}`,
  'pbkdf2 PHC': `$pbkdf2-sha256$i=1000$${bare(salt)}$${bare(pbkdf2('sha256', 32))}`,
  'pbkdf2 PHC with l': `$pbkdf2-sha512$i=1000,l=64$${bare(salt)}$${bare(pbkdf2('sha512', 64))}`,
  'pbkdf2 passlib': `$pbkdf2-sha256$1000$${ab64(salt)}$${ab64(pbkdf2('sha256', 32))}`,
  'pbkdf2 passlib sha1': `$pbkdf2$1000$${ab64(salt)}$${ab64(pbkdf2('sha1', 20))}`,
  'pbkdf2 Django': `pbkdf2_sha256$1000$${salt.toString()}$${pbkdf2('sha256', 32).toString('base64')}`,
}

describe('our own hash', () => {
  it('is argon2id with 19 MiB, 2 passes and 1 lane, and needs no new one', async () => {
    const made = await hashPassword(password)
    expect(made).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await verifyPassword(made, password)).toEqual({ valid: true, rehash: false })
    expect(await verifyPassword(made, `${password} `)).toEqual({ valid: false, rehash: false })
  })

  it('takes the composed and the decomposed form of a text as one password', async () => {
    const made = await hashPassword('pa\u0308ssword of mine')
    expect((await verifyPassword(made, 'p\u00e4ssword of mine')).valid).toBe(true)
    expect((await verifyPassword(made, 'pa\u0308ssword of mine')).valid).toBe(true)
    expect((await verifyPassword(made, 'password of mine')).valid).toBe(false)
  })

  it('cuts nothing: the last of 1,024 characters counts', async () => {
    const long = 'x'.repeat(1023)
    const made = await hashPassword(`${long}a`)
    expect((await verifyPassword(made, `${long}a`)).valid).toBe(true)
    expect((await verifyPassword(made, `${long}b`)).valid).toBe(false)
  })

  it('is never made of more than 1,024 characters', async () => {
    await expect(hashPassword('x'.repeat(1025))).rejects.toThrow(TypeError)
    expect(await verifyPassword(await hashPassword(password), 'x'.repeat(1025))).toEqual({
      valid: false,
      rehash: false,
    })
  })

  it('is made many at a time, all of them right', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, (_, i) => hashPassword(`${password} ${i}`)))
    const valid = await Promise.all(made.map((text, i) => verifyPassword(text, `${password} ${i}`)))
    expect(valid.every(answer => answer.valid)).toBe(true)
  })
})

describe('a hash from elsewhere', () => {
  it.each(Object.entries(imported))('%s verifies, and asks to be made anew', async (_, stored) => {
    expect(checkHash(stored)).toBeNull()
    expect(await verifyPassword(stored, password)).toEqual({ valid: true, rehash: true })
    expect(await verifyPassword(stored, 'Correct horse battery staple')).toEqual({
      valid: false,
      rehash: false,
    })
  })

  it('verifies the pbkdf2 test vector of RFC 7914', async () => {
    // RFC 7914 section 11: PBKDF2-HMAC-SHA256 of "passwd" and "salt", 1 iteration, 64 bytes.
    const key = Buffer.from(
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc' +
        '49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
      'hex',
    )
    expect(key.length).toBe(64)
    expect(await verifyPassword(`pbkdf2_sha256$1$salt$${key.toString('base64')}`, 'passwd')).toEqual({
      valid: true,
      rehash: true,
    })
  })

  it('verifies the scrypt test vector of RFC 7914', async () => {
    // Section 12: "pleaseletmein", "SodiumChloride", N = 16384, r = 8, p = 1.
    const key = Buffer.from(
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
        'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
      'hex',
    )
    const stored = `$scrypt$ln=14,r=8,p=1$${bare(Buffer.from('SodiumChloride'))}$${bare(key)}`
    expect((await verifyPassword(stored, 'pleaseletmein')).valid).toBe(true)
  })

  it('of a decomposed text verifies with what was typed', async () => {
    const typed = 'pa\u0308ssword'
    const stored = `$pbkdf2-sha256$i=1000$${bare(salt)}$${bare(pbkdf2('sha256', 32, typed))}`
    expect((await verifyPassword(stored, typed)).valid).toBe(true)
  })

  it.each([
    ['plain text', 'hunter2'],
    ['MD5', '$1$abcdefgh$0123456789abcdefghijkl'],
    ['argon2d', '$argon2d$v=19$m=4096,t=3,p=1$c29tZXNhbHRzb21l$RqYp9kJ0V3rSxkYqk8JkWkq0a3Zr1cPzU0cMVmXQeYo'],
    ['argon2 of 1 GiB', '$argon2id$v=19$m=1048576,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b27QQ'],
    ['argon2 of 21 passes', '$argon2id$v=19$m=4096,t=21,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b27QQ'],
    ['bcrypt of 16 rounds', `$2b$16$${'a'.repeat(53)}`],
    ['bcrypt cut short', `$2b$10$${'a'.repeat(50)}`],
    ['scrypt of 512 MiB', `$scrypt$ln=19,r=8,p=1$${bare(salt)}$${bare(Buffer.alloc(32))}`],
    ['scrypt of many lanes', `$scrypt$ln=17,r=8,p=16$${bare(salt)}$${bare(Buffer.alloc(32))}`],
    ['scrypt with N = 1', `$scrypt$ln=0,r=8,p=1$${bare(salt)}$${bare(Buffer.alloc(32))}`],
    ['pbkdf2 of 6 million', `pbkdf2_sha256$6000000$salt$${Buffer.alloc(32).toString('base64')}`],
    ['pbkdf2 of a key of many blocks', `$pbkdf2$1000000$${ab64(salt)}$${ab64(Buffer.alloc(128))}`],
    ['pbkdf2 of MD5', `pbkdf2_md5$1000$salt$${Buffer.alloc(32).toString('base64')}`],
    ['pbkdf2 with a wrong length', `$pbkdf2-sha256$i=1000,l=64$${bare(salt)}$${bare(Buffer.alloc(32))}`],
    ['pbkdf2 of nothing', `pbkdf2_sha256$1000$salt$=`],
    ['a very long text', '$argon2id$'.padEnd(5000, 'a')],
  ])('is refused: %s', async (_, stored) => {
    expect(checkHash(stored)).toBeTypeOf('string')
    expect((await verifyPassword(stored, password)).valid).toBe(false)
  })
})

test('no hash at all is never valid, whatever the password', async () => {
  for (const text of ['', password, 'null']) {
    expect(await verifyPassword(null, text)).toEqual({ valid: false, rehash: false })
  }
})
