import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Context } from 'hono'
import { brandStylesheet } from './brand.ts'

const require = createRequire(import.meta.url)
const own = (name: string) => readFileSync(new URL(`./assets/${name}`, import.meta.url))
// Their source maps are not served, so the browser shall not ask for them.
const library = (path: string) =>
  Buffer.from(readFileSync(require.resolve(path), 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, ''))

/** A file of ALTCHA's widget, of the edition that needs neither inline styles nor inline scripts. */
const widget = (path: string) => readFileSync(join(dirname(require.resolve('altcha/altcha.css')), path))

const sources = {
  'page.css': () => own('page.css'),
  'icon.svg': () => own('icon.svg'),
  'reset.js': () => own('reset.js'),
  'password.js': () => own('password.js'),
  'reload.js': () => own('reload.js'),
  'human.js': () => own('human.js'),
  'altcha.js': () => widget('altcha.min.js'),
  'altcha.css': () => widget('altcha.css'),
  'altcha-work.js': () => widget('../workers/sha.js'),
  'strength.js': () => library('@zxcvbn-ts/core/dist/zxcvbn-ts.js'),
  'strength-words.js': () => library('@zxcvbn-ts/language-common/dist/zxcvbn-ts.js'),
}
export type AssetName = keyof typeof sources

const types = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' }
const forever = 'public, max-age=31536000, immutable'

interface Asset {
  path: string
  type: string
  plain: Buffer
  zipped?: Buffer
}

function serveBrand(c: Context) {
  const color = /^\/assets\/brand-([0-9a-f]{6})\.css$/.exec(c.req.path)?.[1]
  if (!color) return c.notFound()
  return c.body(brandStylesheet(color), 200, {
    'Content-Type': types.css,
    // Not immutable: the rules that make a colour readable may change with a release.
    'Cache-Control': 'public, max-age=86400',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
  })
}

/** The pages' static files under content-hashed names, read once when made and zipped when first asked for. */
export function createAssets() {
  const byPath = new Map<string, Asset>()
  const paths = {} as Record<AssetName, string>
  for (const name of Object.keys(sources) as AssetName[]) {
    const plain = sources[name]()
    const [stem, extension] = name.split('.') as [string, keyof typeof types]
    const hash = createHash('sha256').update(plain).digest('hex').slice(0, 16)
    const path = `/assets/${stem}-${hash}.${extension}`
    byPath.set(path, { path, type: types[extension], plain })
    paths[name] = path
  }

  return {
    /** The address of a file. */
    path: (name: AssetName): string => paths[name],

    /**
     * Answers `GET /assets/<name>-<hash>.<css|js|svg>`, and `GET /assets/brand-<six hex digits>.css`: the CSP forbids the
     * colour inline.
     */
    serve(c: Context) {
      const asset = byPath.get(c.req.path)
      if (!asset) return serveBrand(c)
      const headers = {
        'Content-Type': asset.type,
        'Cache-Control': forever,
        'X-Content-Type-Options': 'nosniff',
        'Cross-Origin-Resource-Policy': 'same-origin',
        Vary: 'Accept-Encoding',
      }
      if (!/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) {
        return c.body(new Uint8Array(asset.plain), 200, headers)
      }
      asset.zipped ??= gzipSync(asset.plain, { level: 9 })
      return c.body(new Uint8Array(asset.zipped), 200, { ...headers, 'Content-Encoding': 'gzip' })
    },
  }
}
export type Assets = ReturnType<typeof createAssets>
