import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('a program that is kept compiled asks for packages by require alone: V8 forgets what an import() in it belongs to', () => {
  execFileSync(process.execPath, ['scripts/build.mjs'])
  for (const program of ['src/main', 'src/embedded/main', 'src/store/sqlite/database-thread']) {
    const text = readFileSync(`dist/${program}.program.cjs`, 'utf8')
    expect(
      [...text.matchAll(/\bimport\(\s*["'][^"']+["']/g)].map(([found]) => found),
      program,
    ).toEqual([])
  }
})
