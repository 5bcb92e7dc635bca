import { browserCalls } from './browser-calls.js'
import { capacity } from './capacity.js'
import { growth } from './growth.js'
import { latency, single } from './latency.js'
import { load, steadiness } from './load.js'
import { memory } from './memory.js'
import { mp3 } from './mp3.js'
import type { Part } from './part.js'
import { relay } from './relay.js'
import { reports } from './reports.js'
import { screens } from './screens.js'
import { start } from './start.js'
import { throughput } from './throughput.js'
import { wallboards } from './wallboards.js'
import { word } from './word.js'

/** All parts, in the order in which they run. */
export const parts: readonly Part[] = [
  {
    name: 'latency',
    about: 'how quickly one thing follows another, four calls at a time',
    async run({ calls }, tell) {
      return { figures: await latency({ calls, timeouts: Math.max(12, Math.round(calls / 2)) }, tell) }
    },
  },
  {
    name: 'single',
    about: 'the same, one call at a time',
    async run({ quick }, tell) {
      return { figures: await single({ calls: quick ? 25 : 60 }, tell) }
    },
  },
  {
    name: 'throughput',
    about: 'CPU of set-up and hang-up, and calls a second, on one processor; --profile: where it goes',
    run: ({ seconds, profile }, tell) => throughput({ width: 24, seconds: Math.min(seconds, 20), profile }, tell),
  },
  {
    name: 'relay',
    about: 'delay of the packets of 100 calls while 10 calls a second are set up',
    run: ({ quick }, tell) => relay({ calls: 100, perSecond: 10, seconds: quick ? 10 : 20 }, tell),
  },
  {
    name: 'bridged',
    about: 'crowds of calls that are not recorded: CPU, memory, delay, loss',
    async run({ quick, sizes, seconds }, tell) {
      const { results, figures } = await load({ sizes: sizes ?? (quick ? [100] : [50, 100, 200, 400]), seconds, recorded: false }, tell)
      return { figures, details: results }
    },
  },
  {
    name: 'recorded',
    about: 'the same, recorded, with the MP3s after the hang-up',
    async run({ quick, sizes, seconds }, tell) {
      const { results, figures } = await load({ sizes: sizes ?? (quick ? [100] : [50, 100, 200, 250, 400]), seconds, recorded: true }, tell)
      const wide = results.find((result) => result.calls >= 250) ?? results.at(-1)
      return { figures: [...figures, ...(wide ? steadiness(wide) : [])], details: results }
    },
  },
  {
    name: 'memory',
    about: 'what each call from the 51st to the 200th takes, after a collection',
    async run({ quick }, tell) {
      const recorded = await memory({ recorded: true }, tell)
      if (quick) return recorded
      const bridged = await memory({ recorded: false }, tell)
      return { figures: [...recorded.figures, ...bridged.figures], details: { recorded: recorded.details, bridged: bridged.details } }
    },
  },
  {
    name: 'mp3',
    about: 'from the hang-up to the MP3, of one call and of 100 at once',
    run: ({ quick }, tell) => mp3({ crowd: 100, singles: quick ? 10 : 30 }, tell),
  },
  {
    name: 'capacity',
    about: '250 recorded calls on one processor, and what becomes of those beyond what it can carry',
    run: ({ quick, seconds }, tell) => capacity({ calls: 250, beyond: quick ? 100 : 200, seconds }, tell),
  },
  {
    name: 'wallboards',
    about: '1,000 wallboards on one engine, and a browser that shows 500 calls (--sizes: another number)',
    onlyWhenAsked: true,
    run: ({ quick, sizes, seconds }, tell) =>
      wallboards({ boards: 1_000, held: sizes?.[0] ?? 500, seconds: quick ? 10 : Math.max(20, seconds) }, tell),
  },
  {
    name: 'screens',
    about: 'how soon each main page shows what it is about, in Chromium over a slow network',
    onlyWhenAsked: true,
    run: ({ quick, sizes, keptIn }, tell) => screens({ calls: sizes?.[0] ?? 10_000, keptIn, visits: quick ? 2 : 5 }, tell),
  },
  {
    name: 'browser-calls',
    about: 'calls from browsers: from the INVITE to voice both ways, and what 50 at once take',
    run: ({ quick, sizes, seconds }, tell) =>
      browserCalls({ calls: quick ? 15 : 60, sizes: sizes ?? (quick ? [50] : [25, 50, 100]), seconds }, tell),
  },
  {
    name: 'start',
    about: 'npm start, the second time',
    run: ({ quick }, tell) => start({ times: quick ? 3 : 7 }, tell),
  },
  {
    name: 'word',
    about: 'the recogniser of the spoken "one": what it hears, what it takes for it (needs flite, festival, espeak-ng; half an hour)',
    onlyWhenAsked: true,
    run: ({ quick }, tell) =>
      word({ greetings: quick ? 1_000 : 10_000, hours: quick ? 0.5 : 4, people: process.env.RINGROUND_SPOKEN_DIGITS }, tell),
  },
  {
    name: 'growth',
    about: 'start, memory, lists and durable facts with 10 k and 1 M calls behind it, in SQLite and in PostgreSQL (10 GB; half an hour)',
    onlyWhenAsked: true,
    run: ({ quick, sizes, databases, keptIn }, tell) =>
      growth(sizes ?? (quick ? [10_000, 100_000] : [10_000, 1_000_000]), databases, keptIn, tell),
  },
  {
    name: 'reports',
    about: 'every page of reports with 10 k and 1 M calls behind it, as three people see it, in SQLite and in PostgreSQL (10 GB)',
    onlyWhenAsked: true,
    run: ({ quick, sizes, databases, keptIn }, tell) =>
      reports({ sizes: sizes ?? (quick ? [10_000] : [10_000, 1_000_000]), databases, keptIn, requests: quick ? 40 : 100 }, tell),
  },
]
