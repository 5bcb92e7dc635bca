// Runs one program of this repository: `node scripts/run.mjs bench/main.ts [arguments]`. Installs and builds first, where needed.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { ensurePackages, fail } from './install.mjs'

const [program, ...rest] = process.argv.slice(2)
if (!program) fail('Usage: node scripts/run.mjs PROGRAM.ts [arguments]')
ensurePackages('run')
const entry = join(await build(), program.replace(/\.ts$/, '.js'))
process.argv = [process.argv[0], entry, ...rest]
await import(pathToFileURL(entry).href)
