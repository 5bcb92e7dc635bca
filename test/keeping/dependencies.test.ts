import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('docs/dependencies.md lists exactly the needed packages, each with its reason', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >
  const rows = [...readFileSync('docs/dependencies.md', 'utf8').matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].slice(1)
  expect(rows.map(([, name]) => name).sort()).toEqual([...Object.keys(dependencies), ...Object.keys(devDependencies)].sort())
})
