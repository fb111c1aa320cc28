import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** What is wrong with the table's last column: files that are not there, or tests that no file has by that name. */
function faults(row: string): string[] {
  const cell = row.split(' | ').at(-1) ?? ''
  const parts = [...cell.matchAll(/\]\((test\/[\w/-]+\.test\.ts)\)([^[]*)/g)]
  if (parts.length === 0) return [`no file: ${row}`]
  return parts.flatMap(([, path = '', quoted = '']) => {
    const seen = titlesOf(path)
    const names = [...quoted.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? '')
    if (names.length === 0) return [`no test named in ${path}`]
    return names.filter(name => !seen.some(title => isNamed(title, name))).map(name => `${path}: ${name}`)
  })
}

/** What tests and groups of a file are called: texts at the head of a call, or on a line of their own. */
const titlesOf = (path: string) =>
  read(path)
    .split('\n')
    .flatMap(line => /^[^'"`]*(['"`])(.*)\1,/.exec(line)?.[2] ?? [])

/** A name may leave out its beginning, its middle or its end, by three dots. */
function isNamed(title: string, name: string): boolean {
  const parts = name.split('…').map(part => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(title.replaceAll("\\'", "'"))
}

const rows = read('SECURITY.md')
  .split('\n')
  .filter(line => line.startsWith('| ') && line.includes('](test/'))

test("each line of SECURITY.md's table names tests that there are", () => {
  expect(rows.length).toBeGreaterThan(20)
  expect(rows.flatMap(faults)).toEqual([])
})

test('control: a test that is not there is seen', () => {
  const [row = ''] = rows
  expect(faults(row.replace('get the same', 'get another'))).toHaveLength(1)
})
