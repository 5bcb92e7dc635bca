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

/** What neither compiler nor lint reads (a Dockerfile, a table in the docs) can be landed in two versions at once. */
test('no file has the marks of a merge that was not finished', () => {
  const top = readdirSync('.').filter((name) => statSync(name).isFile())
  const marked = [...top, ...folders.flatMap((folder) => [...filesBelow(folder)])].filter((path) =>
    /^(?:<{7}|>{7}) /m.test(readFileSync(path, 'latin1')),
  )
  expect(marked).toEqual([])
})
