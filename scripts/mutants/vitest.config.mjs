import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { root } from '../install.mjs'
import { instrumented } from './instrument.mjs'
import OwnFirst from './own-first.mjs'

/** What `npm run mutate` runs for every change: the rule tests alone, which need nothing but Node, without the slow ones: properties over random calls, and those that test the rules themselves. */
export default defineConfig({
  root,
  plugins: [
    {
      name: 'sources with their changes',
      enforce: 'pre',
      load(id) {
        const file = join(instrumented, relative(root, id.split('?')[0] ?? id))
        return file.startsWith(instrumented) && existsSync(file) ? readFileSync(file, 'utf8') : undefined
      },
    },
  ],
  test: {
    include: ['src/**/*.test.ts'],
    exclude: ['src/calls/*.property.test.ts', 'src/calls/planted-bugs.test.ts', 'src/what-if/what-if-command.test.ts'],
    testTimeout: 86_400_000,
    runner: './scripts/mutants/runner.mjs',
    pool: 'threads',
    maxWorkers: 1,
    isolate: false,
    sequence: { sequencer: OwnFirst },
    dangerouslyIgnoreUnhandledErrors: true,
  },
})
