import { afterEach, expect, test } from 'vitest'
import { deploy } from '../support/deployment.ts'
import { until } from '../support/sparekey.ts'
import { expectOneMailEach, loadApplication, startLoad } from './support/load.ts'
import { startSentinels } from './support/sentinel.ts'
import { expectStory } from './support/story.ts'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

test.each([
  ['is killed', 'SIGKILL'],
  ['hangs', 'SIGSTOP'],
] as const)(
  'behind sentinels, a master that %s costs no accepted request its mail, and gives nobody two',
  async (_how, signal) => {
    const sentinels = await startSentinels()
    opened.push(sentinels.close)
    const deployment = await deploy({ env: { REDIS_URL: sentinels.url } })
    opened.push(deployment.close)
    await expectStory(deployment, 'anna@example.com')

    const [api] = deployment.apis
    const key = await loadApplication(api.url, deployment.adminKey)
    const load = startLoad([api.url], key, 100)
    await until('some requests', () => load.accepted() >= 20 || undefined)
    await sentinels.loseMaster(signal)
    const before = load.accepted()
    await until('requests after the failover', () => load.accepted() >= before + 20 || undefined)
    await expectOneMailEach(deployment, await load.stop())
    for (const part of [...deployment.workers, api]) expect(await part.end('SIGTERM')).toBe(0)
  },
  240_000,
)
