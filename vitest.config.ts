import { defineConfig } from 'vitest/config'

/**
 * Two layers. `rules` needs nothing but Node: pure rules, state machines and flows in virtual time, side by side with
 * the code. `calls` places real calls over loopback sockets (wire, contract, end to end); its files run one after the
 * other, because they share two cores with the switch that they test.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'rules', include: ['src/**/*.test.ts'], testTimeout: 30_000 } },
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
