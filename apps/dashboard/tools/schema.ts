/** Writes src/api/schema.d.ts: the types of the calls that operators make, from the API's own document. */
import { writeFileSync } from 'node:fs'
import openapi, { astToString } from 'openapi-typescript'
import { appWithout } from '../../api/test/app-support.ts'

const asked = /^\/v1\/(session|queues|stats|workers|reset-requests|applications|audit|webhooks)\b/

interface Operation {
  responses: Record<string, unknown>
}

const answer = await appWithout().request('/openapi.json')
const document = await answer.json()

document.paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => asked.test(path)))
for (const methods of Object.values<Record<string, Operation>>(document.paths)) {
  for (const operation of Object.values(methods)) {
    // Every call fails alike; src/api/problem.ts has the shape.
    const good = Object.entries(operation.responses).filter(([status]) => status < '400')
    operation.responses = Object.fromEntries(good)
  }
}
document.components.schemas = used(document.paths)

const types = astToString(await openapi(document))
const target = new URL('../src/api/schema.d.ts', import.meta.url)
writeFileSync(target, `// Made by \`npm run schema -w @sparekey/dashboard\`. Do not edit.\n${types}`)

function used(from: unknown, known: Record<string, unknown> = {}): Record<string, unknown> {
  for (const [, name = ''] of JSON.stringify(from).matchAll(/#\/components\/schemas\/(\w+)/g)) {
    if (name in known) continue
    known[name] = document.components.schemas[name]
    used(known[name], known)
  }
  return known
}
