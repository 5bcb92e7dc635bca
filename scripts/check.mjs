// `npm run check [-- BASE]`: types, format and lint of the changed files, and the rules' tests which the change reaches. BASE: the commit to compare with; default HEAD.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePackages, fail, root } from './install.mjs'

const base = process.argv[2] ?? 'HEAD'
const git = (...args) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '')
let changed
try {
  changed = [...new Set([...git('diff', '--name-only', base), ...git('ls-files', '--others', '--exclude-standard')])]
} catch {
  fail(`${base}: git knows no such commit. Usage: npm run check [-- BASE], for example main`)
}
ensurePackages('all')

const run = (name, module, args) => {
  console.log(`\n== ${name}`)
  return spawnSync(process.execPath, [join(root, 'node_modules', module), ...args], { cwd: root, stdio: 'inherit' }).status === 0
}
const there = changed.filter((file) => existsSync(join(root, file)))
const linted = there.filter((file) => /\.[mc]?[jt]s$/.test(file))
const shaped = there.filter((file) => /\.([mc]?[jt]s|css)$/.test(file))
const good = [
  run('types', 'typescript/bin/tsc', ['--noEmit']),
  shaped.length === 0 || run('format', 'prettier/bin/prettier.cjs', ['--check', ...shaped]),
  linted.length === 0 || run('lint', 'eslint/bin/eslint.js', linted),
  run('tests', 'vitest/vitest.mjs', ['run', '--project', 'rules', '--project', 'embedded', '--changed', base, '--passWithNoTests']),
]
process.exit(good.every(Boolean) ? 0 : 1)
