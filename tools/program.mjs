// Builds the sparekey command when its built files are missing or older than its sources: by tsx each start would take
// a second of processor time more.
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { filesBelow, stampOf } from './stamp.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = ['apps', 'packages']
  .flatMap(kind => readdirSync(`${root}${kind}`).map(name => `${root}${kind}/${name}/src`))
  .filter(folder => !folder.includes('apps/dashboard/') && existsSync(folder))
  .flatMap(filesBelow)
const folder = 'apps/cli/dist'
mkdirSync(`${root}${folder}`, { recursive: true })
// Other people's packages are in it, too.
const others = [`${root}package-lock.json`, ...filesBelow(`${root}patches`)]
const stamp = stampOf(`${root}${folder}/.sources`, [...sources, ...others, `${root}tools/bundle.mjs`])

if (!stamp.isFresh()) {
  const { bundle } = await import('./bundle.mjs')
  await bundle(['apps/cli/src/main.ts'], folder)
  stamp.write()
}
