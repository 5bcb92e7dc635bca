import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const folders = ['bench', 'config', 'docker', 'docs', 'packages', 'scripts', 'sip-scenarios', 'src', 'test']

/** Every file of the project below a folder, whatever its kind. */
function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* filesBelow(path)
    else yield path
  }
}

/** Files that neither compiler nor linter reads (a Dockerfile, a table in the docs) could be committed with both sides of a conflict. */
test('no file has conflict markers', () => {
  const top = readdirSync('.').filter((name) => statSync(name).isFile())
  const marked = [...top, ...folders.flatMap((folder) => [...filesBelow(folder)])].filter((path) =>
    /^(?:<{7}|>{7}) /m.test(readFileSync(path, 'latin1')),
  )
  expect(marked).toEqual([])
})
