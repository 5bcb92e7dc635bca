import { emptyRota } from '../directory/empty-directory.js'
import type { Clinician, ClinicianId, Directory, Line, NcnPool, RingPolicy, Rota } from '../directory/model.js'
import { versionFor, type RotaHistory } from '../directory/rota-history.js'
import { knownTimeZone, type TimeZone } from '../directory/time-zone.js'
import type { CallRecord } from '../facts/call-record.js'
import { pastRinging, type PastRinging } from '../store/past-ringing.js'
import { Behaviour, type ObservedRinging } from './behaviour.js'
import { compare, type Comparison } from './compare.js'
import { engagements } from './elsewhere.js'
import { Incidence } from './incidence.js'
import { PastOfTargets } from './past-of-targets.js'
import { huntedCalls, observed, timesInForce, type HuntedCall, type TimesInForce } from './recorded.js'
import type { ReplayInput } from './replay.js'
import { cliniciansThen, rotaInForce, ScenarioDirectories, type Scenario, type Telephone } from './scenario.js'

/** The change to try. Anything not named stays as it was. */
export interface Change {
  /** The source of the rota, for the output. */
  readonly rota?: { readonly rota: Rota; readonly timeZone: string; readonly from: string }
  /** The clinicians of that rota, if the file has its own. */
  readonly clinicians?: ReadonlyMap<ClinicianId, Clinician>
  /** The ring policy and the pool of another directory's line; `ring` below overrides it. */
  readonly line?: { readonly ring: RingPolicy; readonly ncnPool: NcnPool | undefined }
  readonly ring: Partial<RingPolicy>
}

/** The recorded past, as this room reads it. */
export interface PastCalls {
  callsOfLine(line: string, from: number, to: number): Promise<readonly CallRecord[]>
  ringings(targets: readonly string[], from: number, to: number): Promise<readonly PastRinging[]>
}

export interface WhatIfOptions {
  readonly directory: Directory
  readonly line: Line
  /** Wall-clock ms; `to` is exclusive. */
  readonly from: number
  readonly to: number
  readonly past: PastCalls
  readonly history: RotaHistory
  readonly change: Change
  readonly runs: number
  readonly seed: number
  /** Wall-clock ms, for evidence on people not rung in the period. */
  readonly now: number
  readonly onRun?: (done: number) => void
}

/** The evidence on a person's behaviour. */
export interface Known {
  readonly label: string
  readonly pool: 'local' | 'ncn'
  /** `period`: rung for this line in the period; `elsewhere`: rung on other lines or dates; `pooled`: never rung, so like everybody on the line. */
  readonly from: 'period' | 'elsewhere' | 'pooled'
  readonly ringings: number
  /** Probability that one attempt, over all hours of the calls, ends in acceptance under the scenario's policy. */
  readonly accepts: number
}

/** The basis of the replay, for readers of its figures. */
export interface Grounds {
  readonly calls: number
  readonly broken: number
  readonly withoutHunt: number
  /** Callers who hung up in the hunt: their patience is known. */
  readonly abandoned: number
  readonly asItWas: { readonly ring: RingPolicy; readonly rotaFromHistory: number; readonly nobodyOn: number }
  readonly changed: { readonly ring: RingPolicy; readonly nobodyOn: number; readonly ncnPool: string | undefined } | undefined
  /** Ring policy times that, by the recorded time-outs, differed from today's directory. */
  readonly inForceThen: { readonly ringSeconds: number | undefined; readonly acceptSeconds: number | undefined }
  readonly ncnPool: string | undefined
  readonly longestSeen: { readonly ringMs: number; readonly acceptMs: number }
  /** The longest wait of any caller in a hunt, ms. */
  readonly longestHuntMs: number
  readonly known: readonly Known[]
  readonly engagements: number
  /** Labels of the telephones that were on the watch list at some moment of the period. */
  readonly watched: readonly string[]
  readonly talks: number
}

export type WhatIfResult =
  | { readonly kind: 'compared'; readonly comparison: Comparison; readonly grounds: Grounds }
  | { readonly kind: 'noCalls'; readonly broken: number; readonly withoutHunt: number }

/** How far around the period to look for attempts: as far as the engine itself looks back. */
const aroundMs = 90 * 24 * 60 * 60_000
/** Added to the limit: the last acceptance, and the wait for people passed over. */
const beyondTotalMs = 120_000

/** Replays the calls of a period, as it was and with the change. Rejects if the past cannot be read, or the program fails in a replayed call. */
export async function whatIf(options: WhatIfOptions): Promise<WhatIfResult> {
  const { line, past, from, to, history } = options
  const zone = knownTimeZone(line.timeZone)
  const records = await past.callsOfLine(line.id, from, to)
  const { hunted, broken, withoutHunt } = huntedCalls(records, zone)
  if (hunted.length === 0) return { kind: 'noCalls', broken, withoutHunt }
  const ringings = ofLine(records)
  const then = timesInForce(ringings)
  const asItWas = scenarioThen(options, ringings, then)
  const changed = scenarioChanged(options, asItWas)

  const directories = new ScenarioDirectories(asItWas)
  const changedDirectories = changed && new ScenarioDirectories(changed)
  const instants = hunted.map(({ arrivedAt }) => arrivedAt)
  const telephones = new Map<string, Telephone>()
  for (const telephone of [...directories.telephones(instants), ...(changedDirectories?.telephones(instants) ?? [])])
    if (!telephones.has(telephone.target)) telephones.set(telephone.target, telephone)
  const around = await past.ringings([...telephones.keys()], from - aroundMs, Math.max(to, options.now))

  const fitted = fit(ringings, around, telephones, zone)
  const longestHuntMs = Math.max(asItWas.ring.totalSeconds, changed?.ring.totalSeconds ?? 0) * 1_000 + beyondTotalMs
  const busy = engagements(around, hunted, longestHuntMs)
  const talks = hunted.flatMap(({ talkMs }) => talkMs ?? [])
  const patience = new Incidence(hunted.map((call) => call.patience))
  const pastOfTargets = new PastOfTargets(around, from)
  const input = (of: ScenarioDirectories): ReplayInput => ({
    calls: hunted,
    directories: instants.map((atMs) => of.directoryAt(atMs)),
    patience,
    behaviour: fitted.behaviour,
    zone,
    talks,
    engagements: busy,
    past: pastOfTargets,
  })
  const comparison = await compare({
    calls: hunted,
    asItWas: input(directories),
    changed: changedDirectories && input(changedDirectories),
    runs: options.runs,
    seed: options.seed,
    ...(options.onRun ? { onRun: options.onRun } : {}),
  })
  const policy = changed ?? asItWas
  return {
    kind: 'compared',
    comparison,
    grounds: {
      calls: hunted.length,
      broken,
      withoutHunt,
      abandoned: hunted.filter((call) => call.patience.cause !== undefined).length,
      asItWas: {
        ring: asItWas.ring,
        rotaFromHistory: instants.filter((atMs) => versionFor(history, atMs) !== undefined).length,
        nobodyOn: nobodyOn(directories, instants),
      },
      changed: changed &&
        changedDirectories && { ring: changed.ring, nobodyOn: nobodyOn(changedDirectories, instants), ncnPool: changed.ncnPool?.id },
      inForceThen: {
        ringSeconds: differing(then.ringSeconds, line.ring.ringSeconds),
        acceptSeconds: differing(then.acceptSeconds, line.ring.acceptSeconds),
      },
      ncnPool: asItWas.ncnPool?.id,
      longestSeen: fitted.behaviour.longestSeen,
      longestHuntMs: patience.longestMs,
      known: fitted.known((target) => acceptance(fitted.behaviour, target, hunted, policy.ring)),
      engagements: busy.length,
      watched: [...telephones.values()].filter(({ target }) => pastOfTargets.wasWatchedBetween(target, from, to)).map(({ label }) => label),
      talks: talks.length,
    },
  }
}

/** The attempts of the line's recorded calls, oldest first. */
function ofLine(records: readonly CallRecord[]): readonly PastRinging[] {
  const ringings: PastRinging[] = []
  for (const record of records) {
    for (const attempt of record.attempts) {
      const ringing = attempt.pool === 'direct' ? undefined : pastRinging(record, attempt)
      if (ringing) ringings.push(ringing)
    }
  }
  return ringings.sort((a, b) => a.startedAt - b.startedAt || (a.attempt < b.attempt ? -1 : 1))
}

function scenarioThen({ directory, line, history }: WhatIfOptions, ringings: readonly PastRinging[], then: TimesInForce): Scenario {
  const today = { rota: directory.rotas.get(line.id) ?? emptyRota(line.id), timeZone: line.timeZone }
  return {
    line,
    ring: {
      ...line.ring,
      ringSeconds: then.ringSeconds ?? line.ring.ringSeconds,
      acceptSeconds: then.acceptSeconds ?? line.ring.acceptSeconds,
    },
    rotaAt: rotaInForce(history, today),
    clinicians: cliniciansThen(directory.clinicians, history, ringings),
    ncnPool: line.ncnPool === undefined ? undefined : directory.pools.get(line.ncnPool),
  }
}

/** @returns undefined without a change */
function scenarioChanged({ change }: WhatIfOptions, asItWas: Scenario): Scenario | undefined {
  if (change.rota === undefined && change.line === undefined && Object.keys(change.ring).length === 0) return undefined
  const { rota } = change
  return {
    ...asItWas,
    ...(rota === undefined ? {} : { rotaAt: () => rota }),
    // People in the file take precedence over people known from the calls.
    clinicians: change.clinicians === undefined ? asItWas.clinicians : new Map([...asItWas.clinicians, ...change.clinicians]),
    ...(change.line === undefined ? {} : { ncnPool: change.line.ncnPool }),
    ring: { ...(change.line?.ring ?? asItWas.ring), ...change.ring },
  }
}

/** Fits everybody's behaviour to the best evidence on each. */
function fit(ringings: readonly PastRinging[], around: readonly PastRinging[], telephones: ReadonlyMap<string, Telephone>, zone: TimeZone) {
  const everybody = ringings.flatMap((ringing) => observed(ringing, zone) ?? [])
  const inPeriod = count(everybody)
  const elsewhere = around.filter(({ target }) => !inPeriod.has(target)).flatMap((ringing) => observed(ringing, zone) ?? [])
  const outside = count(elsewhere)
  return {
    behaviour: new Behaviour(everybody, [...everybody, ...elsewhere]),
    known: (accepts: (target: string) => number): readonly Known[] =>
      [...telephones.values()].map(({ target, label, pool }) => {
        const [here, there] = [inPeriod.get(target) ?? 0, outside.get(target) ?? 0]
        return {
          label,
          pool,
          from: here > 0 ? 'period' : there > 0 ? 'elsewhere' : 'pooled',
          ringings: here > 0 ? here : there,
          accepts: accepts(target),
        }
      }),
  }
}

function count(ringings: readonly ObservedRinging[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { target } of ringings) counts.set(target, (counts.get(target) ?? 0) + 1)
  return counts
}

/** Mean over the hours of the calls. */
function acceptance(behaviour: Behaviour, target: string, calls: readonly HuntedCall[], ring: RingPolicy): number {
  const perHour = new Map<number, number>()
  for (const { hour } of calls) perHour.set(hour, (perHour.get(hour) ?? 0) + 1)
  let sum = 0
  for (const [hour, times] of perHour)
    sum += times * behaviour.answers(target, hour, ring.ringSeconds * 1_000) * behaviour.accepts(target, hour, ring.acceptSeconds * 1_000)
  return sum / calls.length
}

function nobodyOn(directories: ScenarioDirectories, instants: readonly number[]): number {
  return instants.filter((atMs) => directories.telephones([atMs]).length === 0).length
}

function differing(then: number | undefined, now: number): number | undefined {
  return then === now ? undefined : then
}
