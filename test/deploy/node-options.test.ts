import { expect, test } from 'vitest'
import { text } from './files.ts'

test.for(['deploy/compose.yaml', 'deploy/helm/sparekey/templates/deployments.yaml', 'test/bench/stage.ts'])(
  '%s starts an API with what `npm run api` gives Node',
  path => {
    const given = /exec node (--\S+) /.exec(JSON.parse(text('package.json')).scripts.api)?.[1]
    expect(given).toBeDefined()
    expect(text(path).match(/--v8-[\w-]+=\d+/g)).toEqual([given])
  },
)
