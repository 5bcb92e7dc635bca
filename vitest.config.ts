import { defineConfig } from 'vitest/config'

/** Properties over thousands of random calls, and the bugs planted to see that they notice. */
const slow = ['src/**/*.property.test.ts', 'src/calls/planted-bugs.test.ts']

/**
 * Three layers. `rules` needs nothing but Node: pure rules, state machines and flows in virtual time, side by side with
 * the code. `properties` are the slow ones among them: thousands of random calls, fewer in `npm test` than by hand
 * (`npm run properties`). `calls` places real calls over loopback sockets (wire, contract, end to end); its files run one after the
 * other, because they share two cores with the switch that they test.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'rules', include: ['src/**/*.test.ts'], exclude: slow, testTimeout: 30_000 } },
      { test: { name: 'properties', include: slow, testTimeout: 3_600_000 } },
      {
        test: {
          name: 'calls',
          include: ['test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
