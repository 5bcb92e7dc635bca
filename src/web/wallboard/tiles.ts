import type { PeriodFigures } from '../../figures/summary.js'
import type { LiveCall } from '../../live/live-call.js'
import { isWaiting } from './calls.js'
import type { Row } from './row.js'
import type { Staffing } from './staffing.js'
import type { Targets } from './targets.js'
import { percent, seconds } from '../../figures/words.js'
import { nothingYet } from './words.js'

export interface Now {
  /** Of today, over all visible lines. */
  readonly figures: PeriodFigures
  /** If they are old: their time. */
  readonly asOf?: string | undefined
  /** Every visible call. */
  readonly calls: readonly LiveCall[]
  readonly staffings: readonly Staffing[]
  readonly overdue: number
  readonly alarms: number
}

/** The large figures, each with its target, in the order in which staff would act on them. */
export function tilesOf({ figures, asOf, calls, staffings, overdue, alarms }: Now, targets: Targets): readonly Row[] {
  const { dialToVoice, answered, offered, answerRate } = figures
  const waiting = calls.filter(isWaiting)
  const longest = waiting.reduce<LiveCall | undefined>(
    (one, other) => ((other.waitedMs ?? 0) > (one?.waitedMs ?? -1) ? other : one),
    undefined,
  )
  const gaps = staffings.filter(({ gap }) => gap !== undefined)
  const nowEmpty = gaps.filter(({ gap }) => gap === 'now').length
  const wait = Math.round(targets.waitMs / 1_000)
  const ofToday = (words: string) => (asOf === undefined ? words : `${words} (as of ${asOf})`)
  const none = (count: number) => (count === 0 ? 'good' : 'off')
  return [
    tile('dialToVoice', dialToVoice.median === undefined ? 'none' : dialToVoice.median <= targets.dialToVoiceMs ? 'good' : 'off', {
      name: 'Dial to voice, median today',
      value: seconds(dialToVoice.median),
      detail: ofToday(answered === 0 ? 'No answered call yet' : `Of ${answered} answered ${answered === 1 ? 'call' : 'calls'}`),
      target: `Target: ${targets.dialToVoiceMs / 1_000} s or less`,
    }),
    tile('answered', answerRate === undefined ? 'none' : answerRate >= targets.answerRate ? 'good' : 'off', {
      name: 'Answered today',
      value: String(answered),
      detail: ofToday(offered === 0 ? 'No call offered yet' : `Of ${offered} offered: ${percent(answerRate)}`),
      target: `Target: ${percent(targets.answerRate)} or more`,
    }),
    {
      ...tile('waiting', (longest?.waitedMs ?? 0) > targets.waitMs ? 'off' : 'good', {
        name: 'Waiting now',
        value: String(waiting.length),
        detail: longest === undefined ? 'Nobody waits' : 'Longest wait',
        target: `Target: nobody over ${wait} s`,
      }),
      ...(longest?.waitedMs === undefined
        ? {}
        : { clock: { of: longest.callId, ms: longest.waitedMs, limitMs: targets.waitMs, over: `over ${wait} s` } }),
    },
    tile('nobody', none(gaps.length), {
      name: 'Lines with nobody on',
      value: String(gaps.length),
      detail: gaps.length === 0 ? 'Now and within the hour' : `${nowEmpty} now, ${gaps.length - nowEmpty} within the hour`,
      target: 'Target: 0',
    }),
    tile('overdue', none(overdue), {
      name: 'Call-backs overdue',
      value: String(overdue),
      detail: 'Open, and due before now',
      target: 'Target: 0',
    }),
    tile('alarms', none(alarms), {
      name: 'Alarms',
      value: String(alarms),
      detail: alarms === 0 ? 'Everything works' : 'See below what to do',
      target: 'Target: 0',
    }),
  ].map((row, order) => ({ ...row, order }))
}

const judgements = { good: '✓ On target', off: '▲ Off target', none: nothingYet } as const

function tile(key: string, state: keyof typeof judgements, fields: Row['fields']): Row {
  return { key, order: 0, state, fields: { ...fields, judgement: judgements[state] } }
}
