import type { Admission } from '../switch/admission.js'
import { passedOn } from '../switch/passed-on.js'
import type { AdoptResult, DialledBefore, DialOptions, DialResult, IncomingCall, Switch, Target } from '../switch/port.js'
import type { Allowance } from './allowance.js'
import { callerIdentity, type IdentityHeader } from './caller-identity.js'
import { ringable, trunksFor, type DialableRange, type RangedTrunk } from './dial-plan.js'
import type { RateLimit } from './source-gate.js'
import { trunkAt } from './trunk-at.js'

export interface GuardOptions {
  /** Ranges of telephone numbers that may be dialled through trunks without ranges of their own. */
  readonly ranges: readonly DialableRange[]
  /** The guard decides which of them may carry a number; the adapter chooses among those. */
  readonly trunks?: readonly (RangedTrunk & { readonly address: string })[]
  readonly allowance: Allowance
  /** Addresses from which calls are taken without further proof. */
  readonly trusted: { has(address: string): boolean }
  /** Which headers are believed from an address about who calls. Absent: From, from any address. */
  readonly believed?: (address: string) => readonly IdentityHeader[]
  /** The name under which a caller who withholds this number is counted. Absent: all of them together. */
  readonly accountOf?: (number: string) => string
  /** How many requests any other address may send. */
  readonly strangers: RateLimit
  /** Addresses that are not counted among the strangers: a telephone is registered from there now. */
  readonly known?: { has(address: string): boolean }
  /** Asked about every call, from wherever it comes. Absent: only the address decides. */
  readonly admit?: (call: IncomingCall) => Promise<Admission>
  readonly onRefused: (what: 'dial' | 'incoming', detail: string) => void
}

/** Account of calls that name none: limited like any other. */
const nobodysAccount = 'unaccounted'

/**
 * The guarded switch: it dials nothing outside the ranges and limits, and takes no call from a stranger. It stands between
 * the flows and the adapter, so that no flow can bypass it.
 */
export function guardedSwitch(inner: Switch, guards: GuardOptions): Switch {
  return {
    onIncoming(handler) {
      inner.onIncoming(async (call) => {
        const admitted = await admit(call, guards)
        if (admitted) await handler(admitted)
      })
    },
    onRegister: (handler) => inner.onRegister(handler),
    dial: (target, options) => {
      switch (target.kind) {
        case 'number':
          return dialNumber(inner, guards, target, options)
        case 'uri':
          return ringAddress(inner, guards, target, options)
        case 'device':
        case 'browser':
          return inner.dial(target, options)
      }
    },
    bridge: (a, b, options) => inner.bridge(a, b, options),
    adopt: async (handle, dialled, isOurs) => charged(await inner.adopt(handle, dialled, isOurs), guards, dialled),
    callOff: (handle) => inner.callOff(handle),
    reach: (handle) => inner.reach(handle),
    rejoin: (a, b) => inner.rejoin(a, b),
    health: () => inner.health(),
    hearsWords: () => inner.hearsWords(),
    leaveNewCalls: () => inner.leaveNewCalls(),
    onHealth: (listener) => inner.onHealth(listener),
    close: () => inner.close(),
  }
}

async function dialNumber(
  inner: Switch,
  guards: GuardOptions,
  target: Extract<Target, { kind: 'number' }>,
  options: DialOptions,
): Promise<DialResult> {
  const account = options.account ?? nobodysAccount
  const plan = trunksFor(target.number, guards.trunks ?? [], guards.ranges)
  if (plan.kind === 'refused') return refused(guards, target.number, account, plan.why)
  const allowed = guards.allowance.begin(account)
  if (allowed.kind === 'refused') return refused(guards, target.number, account, allowed.why)
  try {
    const result = await inner.dial(target, guards.trunks === undefined ? options : { ...options, trunks: plan.trunks })
    if (result.kind !== 'answered') {
      allowed.charge.end()
      return result
    }
    allowed.charge.answered()
    void result.leg.hungUp.then(() => allowed.charge.end())
    return result
  } catch (fault) {
    allowed.charge.end()
    throw fault
  }
}

/** A limit does not end a running leg; the leg counts against it, from its answer on. */
function charged(result: AdoptResult, { allowance }: GuardOptions, dialled: DialledBefore | undefined): AdoptResult {
  if (result.kind !== 'adopted' || dialled === undefined) return result
  const charge = allowance.goOn(dialled.account, dialled.answeredAt)
  void result.leg.hungUp.then(() => charge.end())
  return result
}

/** A telephone of the house: it costs nothing, but its address goes into a request line. */
function ringAddress(
  inner: Switch,
  guards: GuardOptions,
  target: Extract<Target, { kind: 'uri' }>,
  options: DialOptions,
): Promise<DialResult> {
  const verdict = ringable(
    target.uri,
    (guards.trunks ?? []).map(({ address }) => address),
  )
  if (verdict.kind === 'refused') return Promise.resolve(refused(guards, target.uri, options.account ?? nobodysAccount, verdict.why))
  return inner.dial(target, options)
}

function refused(guards: GuardOptions, target: string, account: string, why: string): DialResult {
  guards.onRefused('dial', `${loggable(target)} for "${account}": ${why}`)
  return { kind: 'failed', fault: 'ours', reason: why }
}

/** The target that was refused, recognisable to a person who knows the directory: never a whole number, and no character that a log could trip over. */
function loggable(target: string): string {
  if (/^\+\d{6,15}$/.test(target)) return `${target.slice(0, 5)}...${target.slice(-2)}`
  return JSON.stringify(target.length > 60 ? `${target.slice(0, 60)}...` : target).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** @returns the call as the flows see it; undefined when it is not for them */
async function admit(call: IncomingCall, guards: GuardOptions): Promise<IncomingCall | undefined> {
  const { address } = call.source
  // Trunks do not use WebSockets: this is a browser, perhaps by way of a proxy at a trusted address, and must prove who it is.
  const trusted = guards.trusted.has(address) && !/^wss?$/i.test(call.source.protocol)
  if (!trusted && guards.known?.has(address) !== true && !guards.strangers.take(address)) {
    guards.onRefused('incoming', `${address}: too many calls from an unknown address`)
    await call.reject(503, { headers: { 'Retry-After': '60' } })
    return undefined
  }
  const admission = (await guards.admit?.(call)) ?? { kind: 'unknown' }
  if (admission.kind === 'device') return admission.call
  if (admission.kind === 'answered') return undefined
  if (trusted) return identified(call, guards)
  guards.onRefused('incoming', `${address}: calls are not taken from this address`)
  await call.reject(403)
  return undefined
}

/** The call with the caller's identity, as far as it may be known: from headers believed from its network, and nothing withheld. */
function identified(call: IncomingCall, { believed, accountOf, trunks = [] }: GuardOptions): IncomingCall {
  // Only a call of the in-memory switch has no From.
  if (call.header('From') === undefined) return call
  const { number, displayName, asserted } = callerIdentity((name) => call.header(name), believed?.(call.source.address) ?? ['From'])
  const trunk = trunkAt(call.source, trunks)
  return passedOn(call, {
    callerNumber: number,
    callerDisplayName: displayName,
    ...(asserted === undefined || accountOf === undefined ? {} : { callerAccount: accountOf(asserted) }),
    ...(trunk === undefined ? {} : { trunk }),
  })
}
