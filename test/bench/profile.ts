import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** What the inspector writes: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

export const profileFolder = fileURLToPath(new URL('./profiles', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))
const shown = 40

/**
 * The functions of each process that took the most time by themselves, in percent of the time that was not idle. A process
 * leaves a profile for each thread; the busiest is its main one, the other loads modules.
 */
export async function summarizeProfiles(): Promise<string> {
  const processes = (await readdir(profileFolder)).sort()
  const parts = processes.map(async name => {
    const folder = `${profileFolder}/${name}`
    const profiles = await Promise.all(
      (await readdir(folder)).map(
        async file => JSON.parse(await readFile(`${folder}/${file}`, 'utf8')) as Profile,
      ),
    )
    const threads = profiles.map(topOf).sort((a, b) => b.busy - a.busy)
    return `\n${name}\n${threads[0]?.lines.join('\n') ?? '  no profile'}`
  })
  return (await Promise.all(parts)).join('\n')
}

function topOf({ nodes, samples, timeDeltas }: Profile): { busy: number; lines: string[] } {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const spent = new Map<string, number>()
  samples.forEach((id, i) => {
    const name = names.get(id) ?? ''
    spent.set(name, (spent.get(name) ?? 0) + (timeDeltas[i] ?? 0))
  })
  spent.delete('(idle)')
  const busy = [...spent.values()].reduce((sum, time) => sum + time, 0)
  const lines = [
    `  busy ${(busy / 1e6).toFixed(1)} s`,
    ...[...spent]
      .sort(([, a], [, b]) => b - a)
      .slice(0, shown)
      .map(([name, time]) => `  ${((100 * time) / busy).toFixed(1).padStart(5)}%  ${name}`),
  ]
  return { busy, lines }
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const file = url.replace(/^file:\/\//, '').replace(root, '')
  return file ? `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}` : functionName
}
