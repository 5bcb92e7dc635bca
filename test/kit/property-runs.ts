/** How many times the usual number of runs a slow property is given: 1 in `npm test`, 20 by `npm run properties`, a fiftieth by `npm run mutate`. */
const times = Number(process.env.RINGROUND_PROPERTY_RUNS ?? '1')

/** @returns how often to run a property that `npm test` runs `usual` times; at least 10 times */
export function propertyRuns(usual: number): number {
  return Math.max(10, Math.round(usual * times))
}

/** Whether there are enough runs for rare things to have happened. */
export const enoughRuns = times >= 1
