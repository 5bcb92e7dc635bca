import { defineConfig } from 'vitest/config'

/** What `npm run mutate` runs for every change: the rule tests alone, which need nothing but Node, without those that test the rules themselves. */
export default defineConfig({ test: { include: ['src/**/*.test.ts'], exclude: ['src/calls/planted-bugs.test.ts'], testTimeout: 30_000 } })
