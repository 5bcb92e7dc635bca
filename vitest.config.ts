import { defineConfig } from 'vitest/config'

/** Properties over thousands of random calls, and the bugs planted to see that they notice. */
const slow = ['src/**/*.property.test.ts', 'src/calls/planted-bugs.test.ts']
const embedded = 'src/embedded/**/*.test.ts'

/** What is waited for comes in its own time; a second, as vitest has it, is not much on a machine with other things to do. */
const expectations = { poll: { timeout: 20_000 } }

/**
 * Four layers. `rules` needs nothing but Node: pure rules, state machines and flows in virtual time, side by side with
 * the code. `embedded` is the same for the embedded switch, its protocols and its phones, a product of its own. `properties` are the slow ones among them: thousands of random calls, fewer in `npm test` than by hand
 * (`npm run properties`). `calls` places real calls over loopback sockets (wire, contract, end to end); its files run one after the
 * other, because they share two cores with the switch that they test.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'rules',
          include: [
            'src/**/*.test.ts',
            'bench/**/*.test.ts',
            'training/**/*.test.ts',
            'packages/*/test/**/*.test.ts',
            'scripts/**/*.test.mjs',
          ],
          exclude: [...slow, embedded],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: expectations,
        },
      },
      { test: { name: 'embedded', include: [embedded], exclude: slow, testTimeout: 120_000, hookTimeout: 120_000, expect: expectations } },
      { test: { name: 'properties', include: slow, testTimeout: 3_600_000, hookTimeout: 120_000 } },
      {
        test: {
          name: 'calls',
          include: ['test/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          expect: expectations,
        },
      },
    ],
  },
})
