import { bundle } from '../../../tools/bundle.mjs'

const names = ['clock', 'api-entry', 'worker-entry'] as const
// Among the packages, so that they are found from there.
const folder = 'node_modules/.cache/sparekey-faults'

let made: Promise<void> | undefined

/** Where an entry of this folder lies once it is built, as the command is. */
export async function entry(name: (typeof names)[number]): Promise<string> {
  made ??= bundle(
    names.map(each => `test/faults/support/${each}.ts`),
    folder,
  )
  await made
  return `./${folder}/${name}.js`
}
