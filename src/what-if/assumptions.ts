import type { RingPolicy } from '../directory/model.js'
import { priorRingings } from './behaviour.js'
import type { Grounds, Known } from './what-if.js'

/** The notes beside the figures. */
export interface Told {
  readonly title: string
  readonly period: string
  readonly runs: number
  readonly seed: number
  /** In words; empty: no change. */
  readonly changes: readonly string[]
  readonly rotaFrom: string | undefined
  readonly grounds: Grounds
}

/** What the change is, in words. */
export function changesInWords({ asItWas, changed, ncnPool }: Grounds, rotaFrom: string | undefined): readonly string[] {
  if (changed === undefined) return []
  const [was, is] = [asItWas.ring, changed.ring]
  const differs = (name: keyof RingPolicy, words: string, unit: string) =>
    was[name] === is[name] ? [] : [`${words} ${was[name]}${unit} -> ${is[name]}${unit}`]
  return [
    ...(rotaFrom === undefined ? [] : [`the rota of ${rotaFrom}`]),
    ...differs('ringSeconds', 'ring time-out', ' s'),
    ...differs('acceptSeconds', 'time to accept', ' s'),
    ...differs('totalSeconds', 'limit of the hunt', ' s'),
    ...differs('rounds', 'rounds', ''),
    ...differs('order', 'order', ''),
    ...(ncnPool === changed.ncnPool ? [] : [`NCN pool ${ncnPool ?? 'none'} -> ${changed.ncnPool ?? 'none'}`]),
  ].concat(rotaFrom === undefined && same(was, is) ? ['none in effect: what was asked for was in force already'] : [])
}

/** The replay's assumptions and unknowns, as sentences. */
export function assumptions({ grounds, rotaFrom, runs }: Told): readonly string[] {
  return [...calls(grounds), ...policies(grounds, rotaFrom), ...people(grounds), ...intervals(runs)]
}

function calls({ calls: all, broken, withoutHunt, abandoned, longestHuntMs, talks, engagements }: Grounds): readonly string[] {
  return [
    `The calls come when they came, and begin with the hunt. ${leftOut(withoutHunt, broken)}`,
    `Patience: ${abandoned} of ${all} callers hung up during the hunt; they hang up after the same time, unless a specialist accepts first. The other ${all - abandoned} waited until the hunt ended; how much longer they would have waited is drawn from how long callers of this line wait (Kaplan-Meier). A caller who lasts ${seconds(longestHuntMs)} s, the longest hunt on record, is assumed to wait indefinitely, so hunts that the change makes longer than that look better here than they would be.`,
    `A conversation lasts as long as it did; where there was none, as long as one of the ${talks} recorded ones.`,
    engagements === 0
      ? 'The calls of other lines do not touch these people in the period.'
      : `The calls of other lines are not replayed: they keep the people of this line busy when they did (${engagements} times at a moment that mattered).`,
  ]
}

function leftOut(withoutHunt: number, broken: number): string {
  if (withoutHunt + broken === 0) return 'None is left out.'
  return `Left out: ${withoutHunt} that ended before or beside the hunt, ${broken} that were broken off by a fault of the engine or still run.`
}

function policies({ calls: all, asItWas, changed, inForceThen, ncnPool }: Grounds, rotaFrom: string | undefined): readonly string[] {
  const { rotaFromHistory: known } = asItWas
  const { ring } = asItWas
  const lines = [
    known === all
      ? 'The rota as it was: as the rota history has it for the moment of each call.'
      : known === 0
        ? "The rota as it was: today's, for every call; the rota history does not reach back to them."
        : `The rota as it was: as the rota history has it for ${known} of ${all} calls; for the others, which it does not reach, today's.`,
    `The ring policy as it was: ring time-out ${ring.ringSeconds} s, time to accept ${ring.acceptSeconds} s, limit ${ring.totalSeconds} s, rounds ${ring.rounds}, order ${ring.order}; one policy for the whole period. ${timesWords(inForceThen)} The rest is today's directory.`,
  ]
  if (asItWas.nobodyOn > 0)
    lines.push(
      `Nobody was on, by that rota, when ${asItWas.nobodyOn} of the calls came, although a specialist was rung: the rota has changed since. They count as unanswered in the replay as it was.`,
    )
  if (changed !== undefined && changed.nobodyOn > 0)
    lines.push(`With the change nobody is on when ${changed.nobodyOn} of the calls come: they count as unanswered.`)
  if (changed !== undefined && rotaFrom !== undefined)
    lines.push('The other rota holds for the whole period, with its changes for single dates.')
  if (ncnPool !== undefined || changed?.ncnPool !== undefined)
    lines.push(
      "A hunt goes on in the NCN pool with the pool's own ring policy and its members of today; only the limit of the whole hunt is the line's.",
    )
  return lines
}

function timesWords({ ringSeconds, acceptSeconds }: Grounds['inForceThen']): string {
  const found = [
    ...(ringSeconds === undefined ? [] : [`ring time-out of ${ringSeconds} s`]),
    ...(acceptSeconds === undefined ? [] : [`time to accept of ${acceptSeconds} s`]),
  ]
  return found.length === 0
    ? 'The recorded time-outs agree with that.'
    : `The ${found.join(' and the ')} ${found.length === 1 ? 'is' : 'are'} read off the recorded time-outs; the directory says otherwise today.`
}

function people({ known, longestSeen, asItWas, changed, watched }: Grounds): readonly string[] {
  const policy = changed?.ring ?? asItWas.ring
  const lines = [
    `Behaviour is drawn by telephone and hour of the day from how its ringings ended: answered, busy, declined, unavailable, bad number or failed, and after how long; then accepted or hung up, and after how long. Ringings that we ended (time-outs, callers who had gone) count as watched until then, no longer (Aalen-Johansen). An hour with n ringings weighs n/(n+${priorRingings}) against the person's other hours, a person with n ringings n/(n+${priorRingings}) against everyone rung for the line.`,
    'Each ringing is drawn independently. A person who did not answer a minute ago is less likely to answer now; this is not modelled, so further rounds look better than they are.',
    `Rung for this line in the period: ${named(known, 'period') || 'nobody of these rotas'}.`,
  ]
  if (watched.length > 0)
    lines.push(
      `On the watch list at some moments of the period, and so rung after the others then, in both replays: ${watched.join(', ')}.`,
    )
  const elsewhere = named(known, 'elsewhere')
  if (elsewhere !== '') lines.push(`Not rung for this line in the period, so judged by other lines or other dates: ${elsewhere}.`)
  const pooled = known.filter(({ from }) => from === 'pooled')
  if (pooled.length > 0)
    lines.push(
      `Never rung, so taken to behave like everybody on the line together: ${pooled.map(({ label, accepts }) => `${label} (accepts ${percent(accepts)})`).join(', ')}.`,
    )
  if (policy.ringSeconds * 1_000 > longestSeen.ringMs + 500)
    lines.push(
      `Nobody was ever rung for longer than ${seconds(longestSeen.ringMs)} s: the replay has nobody answer after that, so a ring time-out of ${policy.ringSeconds} s looks worse here than it would be.`,
    )
  if (policy.acceptSeconds * 1_000 > longestSeen.acceptMs + 500)
    lines.push(
      `Nobody was ever given longer than ${seconds(longestSeen.acceptMs)} s to accept: the replay has nobody accept after that, so ${policy.acceptSeconds} s look worse here than they would be.`,
    )
  return lines
}

function named(known: readonly Known[], from: Known['from']): string {
  return known
    .filter((one) => one.from === from)
    .map(({ label, ringings, accepts }) => `${label} (${ringings} ringings, accepts ${percent(accepts)})`)
    .join(', ')
}

function intervals(runs: number): readonly string[] {
  return [
    'Recorded intervals: what other calls of the same kind could have given (bootstrap over calls; Wilson for the answer rate). Replayed values are means over the replays and their intervals where 95 of 100 replays lie: the chance in who answers when, for these calls. That the behaviour itself is an estimate is not in them.',
    `The replays as it was and with the change draw the same chances for the same ringings, so the difference is surer than the two columns beside it suggest (${runs} pairs).`,
    'Waits are those of the calls that were accepted; the replayed telephones answer without the delays of a network.',
  ]
}

function same(a: RingPolicy, b: RingPolicy): boolean {
  return (
    a.ringSeconds === b.ringSeconds &&
    a.acceptSeconds === b.acceptSeconds &&
    a.totalSeconds === b.totalSeconds &&
    a.rounds === b.rounds &&
    a.order === b.order
  )
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
