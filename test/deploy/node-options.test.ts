import { expect, test } from 'vitest'
import { text } from './files.ts'

test.for(['deploy/compose.yaml', 'deploy/helm/sparekey/templates/deployments.yaml'])(
  '%s starts an API and a worker with what `npm run api` and `npm run worker` give Node',
  path => {
    const { scripts } = JSON.parse(text('package.json'))
    const given = ['api', 'worker'].map(part => /^exec node (--.+) apps/.exec(scripts[part])?.[1])
    expect(given).not.toContain(undefined)
    expect(
      [...text(path).matchAll(/NODE_OPTIONS(?:, value)?: ([^}\n]+?) *(?=[}\n])/g)].map(at => at[1]),
    ).toEqual(given)
  },
)
