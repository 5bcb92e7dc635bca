import { get } from 'node:http'
import { join } from 'node:path'
import { system } from '../src/accounts/by.js'
import { withAccounts } from '../src/accounts/with-accounts.js'
import { Browser, findChromium } from './browser.js'
import { EngineUnderTest, pause } from './engine.js'
import { feedBoard } from './fed-board.js'
import { figure } from './figure.js'
import type { PartResult } from './part.js'
import type { CallTimes } from './phones/commands.js'
import { Phones } from './phones-process.js'
import { spread } from './statistics.js'
import { directory, lanes } from './world.js'

export interface WallboardOptions {
  /** Streams on one engine. */
  readonly boards: number
  /** Calls shown by a browser while others come and go. */
  readonly held: number
  readonly seconds: number
}

/** Calls that come and go, one after the other on each of these lanes. */
const going = 4
const talkMs = 1_000
/** Calls that come, and go, in a second while a browser shows many: 500 calls of four minutes each. */
const perSecond = 2
const openedAtOnce = 50

/** The cost of many wallboards to an engine, the delay of each update, and how a browser keeps up with many calls. */
export async function wallboards({ boards, held, seconds }: WallboardOptions, tell: (line: string) => void): Promise<PartResult> {
  const crowd = await measureCrowd(boards, seconds, tell)
  const shown = findChromium() === undefined ? undefined : await measureBrowser(held, seconds, tell)
  if (!shown) tell('left out: what a browser shows, since there is no Chromium here')
  return {
    figures: [
      figure({
        name: `memory of ${boards} wallboards on one engine`,
        unit: 'MB',
        of: 'more, at most',
        value: crowd.maxMegabytes - crowd.megabytesBefore,
        target: 60,
        note: `${(crowd.collectedAfter - crowd.collectedBefore).toFixed(1)} MB after a collection`,
      }),
      figure({
        name: `from a change of a call to each of ${boards} wallboards`,
        unit: 'ms',
        of: 'p99',
        value: spread(crowd.delays).p99,
        target: 250,
        spread: spread(crowd.delays),
        note: `${crowd.perSecond.toFixed(0)} messages a second in all`,
      }),
      ...(shown
        ? [
            figure({
              name: `from a new call to its row on the screen, ${held} calls on it`,
              unit: 'ms',
              of: 'p99',
              value: spread(shown.toScreen).p99,
              target: 250,
              spread: spread(shown.toScreen),
              note: 'to the frame in which Chromium paints it',
            }),
            figure({
              name: `frames a second, ${held} calls on the screen`,
              unit: '/s',
              of: 'median',
              value: 1_000 / spread(shown.frames).median,
              target: 50,
              atLeast: true,
              note: `a frame took at most ${spread(shown.frames).most.toFixed(0)} ms (p99 ${spread(shown.frames).p99.toFixed(0)}); tasks over 50 ms: ${shown.longTasks.length}${shown.longTasks.length === 0 ? '' : `, the longest ${Math.max(...shown.longTasks).toFixed(0)} ms`}`,
            }),
          ]
        : []),
    ],
    details: { crowd: { ...crowd, delays: spread(crowd.delays) }, shown: shown && { ...shown, frames: spread(shown.frames) } },
  }
}

interface Crowd {
  readonly megabytesBefore: number
  readonly maxMegabytes: number
  readonly collectedBefore: number
  readonly collectedAfter: number
  /** Ms from the engine's sending to each board's reading. */
  readonly delays: readonly number[]
  readonly perSecond: number
}

async function measureCrowd(boards: number, seconds: number, tell: (line: string) => void): Promise<Crowd> {
  const most = String(boards + 100)
  return withCalls(
    going,
    {
      RINGROUND_HTTP_CONNECTIONS: most,
      RINGROUND_HTTP_CONNECTIONS_PER_ADDRESS: most,
      RINGROUND_HTTP_EVENT_STREAMS: most,
      RINGROUND_HTTP_EVENT_STREAMS_PER_ADDRESS: most,
    },
    async ({ engine, phones, secret }) => {
      const open: Following[] = []
      try {
        // The first wallboard's one-off cost does not count towards a thousand more.
        open.push(await follow(engine.url, secret))
        await comeAndGo(phones, 5_000)
        const collectedBefore = await collected(engine)
        await pause(2_000)
        const megabytesBefore = engine.megabytes()
        tell(`${boards} wallboards`)
        while (open.length <= boards)
          open.push(
            ...(await Promise.all(
              Array.from({ length: Math.min(openedAtOnce, boards + 1 - open.length) }, () => follow(engine.url, secret)),
            )),
          )
        let maxMegabytes = engine.megabytes()
        const watch = setInterval(() => (maxMegabytes = Math.max(maxMegabytes, engine.megabytes())), 250)
        for (const one of open) one.delays.length = 0
        const begun = performance.now()
        await comeAndGo(phones, seconds * 1_000)
        const took = (performance.now() - begun) / 1_000
        clearInterval(watch)
        const lost = open.filter(({ isOver }) => isOver())
        if (lost.length > 0) throw new Error(`${lost.length} of ${boards} wallboards lost their stream`)
        const delays = open.flatMap((one) => one.delays)
        return {
          megabytesBefore,
          maxMegabytes,
          collectedBefore,
          collectedAfter: await collected(engine),
          delays,
          perSecond: delays.length / took,
        }
      } finally {
        for (const one of open) one.close()
      }
    },
  )
}

interface Following {
  /** Ms from the engine's sending of a change to its reading here. */
  readonly delays: number[]
  /** Calls by their key, and when they were first sent. */
  readonly told: Map<string, number>
  readonly isOver: () => boolean
  readonly close: () => void
}

/** One wallboard without a browser: reads its stream. */
function follow(url: string, secret: string): Promise<Following> {
  return new Promise((resolve, reject) => {
    const delays: number[] = []
    const told = new Map<string, number>()
    let over = false
    const request = get(
      `${url}/api/wallboard?screen=true`,
      { agent: false, headers: { authorization: `Bearer ${secret}` } },
      (response) => {
        if (response.statusCode !== 200) {
          reject(new Error(`/api/wallboard: ${response.statusCode}`))
          return
        }
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          const at = Date.now()
          const blocks = (rest + text).split('\n\n')
          rest = blocks.pop() ?? ''
          for (const block of blocks) {
            if (!block.startsWith('event: call')) continue
            const now = Date.parse(/"now":"([^"]+)"/.exec(block)?.[1] ?? '')
            const key = /"key":"([^"]+)"/.exec(block)?.[1] ?? ''
            if (!told.has(key)) told.set(key, now)
            delays.push(at - now)
          }
        })
        response.on('close', () => (over = true))
        resolve({ delays, told, isOver: () => over, close: () => request.destroy() })
      },
    )
    request.on('error', reject)
  })
}

interface Shown {
  readonly toScreen: readonly number[]
  readonly frames: readonly number[]
  readonly longTasks: readonly number[]
}

/** Records in the page when a row is painted, how long each frame takes, and long tasks. */
const noting = `
  globalThis.noted = { rows: [], frames: [], longTasks: [] }
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) noted.longTasks.push(duration) }).observe({ type: 'longtask' })
  let last
  requestAnimationFrame(function frame(at) { if (last !== undefined) noted.frames.push(at - last); last = at; requestAnimationFrame(frame) })
  addEventListener('DOMContentLoaded', () => {
    const rows = document.querySelector('[data-rows=calls]')
    if (rows) new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const node of addedNodes) if (node.dataset?.key) requestAnimationFrame(() => noted.rows.push([node.dataset.key, Date.now()]))
    }).observe(rows, { childList: true })
  })`

/** How a browser keeps up with so many calls while others come and go. */
export async function measureBrowser(held: number, seconds: number, tell: (line: string) => void): Promise<Shown> {
  return withCalls(1, {}, async ({ engine, link }) => {
    const board = await feedBoard(engine.url, held)
    const browser = await Browser.start(findChromium() ?? '', '1920,1080')
    try {
      await browser.before(noting)
      await browser.open(`${board.url}/${link}`)
      await browser.until(`location.pathname === '/wallboard' && document.querySelectorAll('[data-rows=calls] tr').length >= ${held}`)
      await pause(2_000)
      await browser.evaluate('Object.values(noted).forEach((list) => list.splice(0))')
      tell(`a browser shows ${held} calls while others come and go`)
      board.comeAndGo(perSecond)
      await pause(seconds * 1_000)
      const noted = await browser.evaluate<{
        readonly rows: readonly (readonly [key: string, at: number])[]
        readonly frames: readonly number[]
        readonly longTasks: readonly number[]
      }>('noted')
      const toScreen = noted.rows.flatMap(([key, at]) => {
        const told = board.told.get(key)
        return told === undefined ? [] : [at - told]
      })
      return { toScreen, frames: noted.frames, longTasks: noted.longTasks }
    } finally {
      await browser.close()
      board.close()
    }
  })
}

interface Stage {
  readonly engine: EngineUnderTest
  readonly phones: Phones
  /** The header of a token that may see the wallboard. */
  readonly secret: string
  /** A screen's start URL. */
  readonly link: string
}

/** An engine with this many lanes, each for one unrecorded call at a time. */
async function withCalls<T>(count: number, env: Readonly<Record<string, string>>, work: (stage: Stage) => Promise<T>): Promise<T> {
  const all = lanes(count, 2_000, ['accept'])
  const phones = Phones.start(false)
  let engine: EngineUnderTest | undefined
  try {
    engine = await EngineUnderTest.start(directory([{ lanes: all, specialistsPort: await phones.bind() }]), {
      oneCore: false,
      probe: true,
      past: { prepare: () => Promise.resolve(), withinMs: 60_000, env },
    })
    engine.stopRecording()
    await phones.open(all, engine.sip)
    const { secret, screen } = await withAccounts(
      { file: join(engine.folder, 'data', 'ringround.db'), postgres: undefined },
      'bench',
      async ({ tokenBook }) => {
        const board = { name: 'bench', scope: { kind: 'everywhere' } } as const
        return {
          secret: (await tokenBook.make(system, { kind: 'api', permissions: ['wallboard'], ...board })).secret,
          screen: (await tokenBook.makeScreen(system, { ...board, expiresAt: Date.now() + 3_600_000 })).secret,
        }
      },
    )
    return await work({ engine, phones, secret, link: `screen/${screen}` })
  } finally {
    await phones.stop()
    await engine?.stop(true)
  }
}

/** Calls on the first lanes, one after the other on each. */
async function comeAndGo(phones: Phones, ms: number): Promise<void> {
  const until = performance.now() + ms
  const times = await Promise.all(
    Array.from({ length: going }, async (_, lane) => {
      await pause((lane * 1_000) / going)
      const ofLane: CallTimes[] = []
      while (performance.now() < until) {
        ofLane.push(await phones.call(lane, talkMs))
        await pause(200)
      }
      return ofLane
    }),
  )
  const failed = times.flat().flatMap((one) => one.failed ?? [])
  if (failed.length > times.flat().length / 10)
    throw new Error(`${failed.length} of ${times.flat().length} calls failed: ${[...new Set(failed)].join('; ')}`)
}

/** Resident memory of all processes after a collection of their garbage, MB. */
async function collected(engine: EngineUnderTest): Promise<number> {
  await engine.ask('collect')
  await pause(500)
  const answers = await engine.ask('collect')
  return answers.reduce((sum, { thread, memory }) => sum + (thread === 0 ? (memory?.rss ?? 0) : 0), 0) / 2 ** 20
}
