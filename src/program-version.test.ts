import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { programVersion } from './program-version.js'

test('the version is that of package.json, wherever in the program it is asked for', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string }
  expect(programVersion()).toBe(version)
  expect(programVersion(`${process.cwd()}/dist/src/program-version.js`)).toBe(version)
  expect(programVersion('/program-version.js')).toBe('unknown')
})
