import { expect, test } from 'vitest'
import { text } from './files.ts'

test.for(['deploy/compose.yaml', 'deploy/helm/sparekey/templates/deployments.yaml'])(
  '%s starts an API and a worker with what `npm run api` and `npm run worker` give Node and the C library',
  path => {
    const { scripts } = JSON.parse(text('package.json'))
    const [api, worker] = ['api', 'worker'].map(part =>
      /^exec env MALLOC_MMAP_THRESHOLD_=(\d+) node (--.+) apps/.exec(scripts[part]),
    )
    const valuesOf = (name: string) =>
      [...text(path).matchAll(new RegExp(`${name}(?:, value)?: "?([^}\\n]+?)"? *(?=[}\\n])`, 'g'))].map(
        at => at[1],
      )
    expect(valuesOf('NODE_OPTIONS')).toEqual([api?.[2], worker?.[2]])
    // Once for both parts.
    expect(worker?.[1]).toBe(api?.[1])
    expect(valuesOf('MALLOC_MMAP_THRESHOLD_')).toEqual([api?.[1]])
  },
)
