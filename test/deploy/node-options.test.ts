import { expect, test } from 'vitest'
import { text } from './files.ts'

test.for(['deploy/compose.yaml', 'deploy/helm/sparekey/templates/deployments.yaml'])(
  '%s starts an API and a worker with what `npm run api` and `npm run worker` give Node and the C library',
  path => {
    const { scripts } = JSON.parse(text('package.json'))
    const given = ['api', 'worker'].map(part => /^exec env (\w+)=(\d+) node (--.+) apps/.exec(scripts[part]))
    const [variable, threshold] = given[0]?.slice(1) ?? []
    expect(given).toMatchObject([
      { 1: variable, 2: threshold },
      { 1: variable, 2: threshold },
    ])
    const valuesOf = (name?: string) =>
      [...text(path).matchAll(new RegExp(`${name}(?:, value)?: "?([^}\\n]+?)"? *(?=[}\\n])`, 'g'))].map(
        at => at[1],
      )
    expect(valuesOf('NODE_OPTIONS')).toEqual(given.map(at => at?.[3]))
    // Once for both parts.
    expect(valuesOf(variable)).toEqual([threshold])
  },
)
