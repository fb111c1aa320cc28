import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from './support/port.ts'
import { startSparekey, tokenOf, until } from './support/sparekey.ts'

test('the example server of the docs does what they say', async () => {
  const root = new URL('..', import.meta.url).pathname
  const docs = await readFile(join(root, 'docs/directories.md'), 'utf8')
  const source = /```js\n([\s\S]*?)```/.exec(docs)?.[1] ?? ''
  const folder = await mkdtemp(join(root, 'test/artifacts-'))
  const sparekey = await startSparekey({ env: { WEBHOOK_ALLOW: '127.0.0.1' } })
  const port = await freePort()
  let output = ''
  const { body: app } = await sparekey.call('POST', '/v1/applications', {
    key: sparekey.adminKey,
    body: { name: 'Acme', directory: 'http', directoryUrl: `http://127.0.0.1:${port}/sparekey` },
  })
  await writeFile(join(folder, 'server.mjs'), source)
  const example = spawn(process.execPath, [join(folder, 'server.mjs')], {
    env: { PORT: String(port), DIRECTORY_SECRET: app.directorySecret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  example.stdout.on('data', chunk => {
    output += chunk
  })
  try {
    const forged = await until(
      'the example listens',
      async () =>
        (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' }).catch(() => undefined)) ??
        undefined,
    )
    expect(forged.status).toBe(401)
    const login = 'Anna@example.com'
    await sparekey.call('POST', '/v1/reset-requests', { key: app.keys.publishable, body: { login } })
    const token = tokenOf(await sparekey.mail('anna@example.com'))
    const done = await sparekey.call('POST', '/v1/password-resets', {
      body: { token, password: 'violet kayak hums at dawn' },
    })
    expect(done.status).toBe(200)
    await until('the end of the sessions', () => output.includes('directory.revoke_sessions 17') || undefined)
    expect(output).toContain('directory.set_password 17')
  } finally {
    example.kill()
    await sparekey.close()
    await rm(folder, { recursive: true, force: true })
  }
})
