import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Puts TypeScript files, named from the root, with all that they import of ours, into one folder as JavaScript. Packages
 * of others stay outside, and what is loaded later lies in files of its own.
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
    platform: 'node',
    target: 'node20',
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    logLevel: 'error',
    plugins: [packagesOutside, whereItLay(outdir)],
  })
  mkdirSync(outdir, { recursive: true })
  for (const { path, contents } of outputFiles) {
    // Whole at once, since a process may be starting from it just now.
    writeFileSync(`${path}.${process.pid}`, contents)
    renameSync(`${path}.${process.pid}`, path)
  }
  const made = outputFiles.map(({ path }) => path)
  for (const name of readdirSync(outdir))
    if (name.endsWith('.js') && !made.includes(join(outdir, name)))
      rmSync(join(outdir, name), { force: true })
}

const packagesOutside = {
  name: 'packages outside',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@sparekey/') ? undefined : { path, external: true },
    )
  },
}

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
