import { HeaderBlock } from '../eventsocket/header-block.js'
import { CHANNEL_STATES, CALL_STATES, type CallState, type ChannelState } from './channel-states.js'
import { EventFactory } from './event-factory.js'

/** What is known of a channel when its INVITE arrives. */
export interface ChannelFacts {
  readonly uuid: string
  /** `sofia/<profile>/<user>@<host>` */
  readonly name: string
  readonly networkAddress: string
  readonly destination: string
  readonly callerNumber: string | undefined
}

type Pairs = [string, string][]

/**
 * A channel's headers and variables as events show them, in FreeSWITCH's order. Printed lazily and kept: an event of a quiet channel costs one
 * string concatenation. Variables known at set-up are kept apart from those that applications set, because the former (SDP,
 * SIP headers) are long and hardly ever change.
 */
export class ChannelData {
  readonly facts: ChannelFacts
  readonly createdAt = EventFactory.microseconds()
  #state: ChannelState = 'CS_INIT'
  #callState: CallState = 'DOWN'
  #hangupCause: string | undefined
  #codec = { name: '', rate: '8000', bitRate: '64000' }
  #answeredAt = '0'
  #bridgedAt = '0'
  #hungUpAt = '0'
  #callUuid: string
  #profileIndex = 1
  #otherLeg: { readonly type: 'originator' | 'originatee'; readonly block: HeaderBlock } | undefined
  #profile = { dialplan: 'XML', destination: '' }
  readonly #setup = new Map<string, string>()
  readonly #later = new Map<string, string>()
  #basicBlock: HeaderBlock | undefined
  #setupBlock: HeaderBlock | undefined
  #laterBlock: HeaderBlock | undefined

  constructor(facts: ChannelFacts) {
    this.facts = facts
    this.#callUuid = facts.uuid
    this.#profile.destination = facts.destination
  }

  get state(): ChannelState {
    return this.#state
  }

  get callState(): CallState {
    return this.#callState
  }

  get hangupCause(): string | undefined {
    return this.#hangupCause
  }

  setState(state: ChannelState): void {
    this.#state = state
    this.#basicBlock = undefined
  }

  setCallState(state: CallState): void {
    this.#callState = state
    this.#basicBlock = undefined
  }

  setCodec(name: string): void {
    this.#codec = { name, rate: '8000', bitRate: '64000' }
    this.#basicBlock = undefined
  }

  answered(): void {
    if (this.#answeredAt === '0') this.#answeredAt = EventFactory.microseconds()
    this.#basicBlock = undefined
  }

  hungUp(cause: string): void {
    this.#hangupCause = cause
    this.#hungUpAt = EventFactory.microseconds()
    this.#basicBlock = undefined
  }

  /** Notes the peer of a bridge: its caller profile is copied into every event until `transferred`. */
  bridged(type: 'originator' | 'originatee', other: ChannelData, callUuid: string): void {
    this.#bridgedAt = EventFactory.microseconds()
    this.#profileIndex++
    this.#callUuid = callUuid
    const pairs = other.#callerPairs('Other-Leg').filter(([name]) => name !== 'Other-Leg-Profile-Index')
    this.#otherLeg = { type, block: new HeaderBlock([['Other-Type', type], ...pairs]) }
    this.#basicBlock = undefined
  }

  /** `uuid_transfer ... park inline`: a fresh caller profile, no peer. */
  transferred(destination: string, dialplan: string): void {
    this.#otherLeg = undefined
    this.#bridgedAt = '0'
    this.#profileIndex++
    this.#profile = { dialplan, destination }
    this.#basicBlock = undefined
  }

  variable(name: string): string | undefined {
    return this.#setup.get(name) ?? this.#later.get(name)
  }

  /** Sets, or with undefined deletes, a variable. A variable set again moves to the end, as on the real server. */
  setVariable(name: string, value: string | undefined): void {
    if (this.#setup.delete(name)) this.#setupBlock = undefined
    this.#later.delete(name)
    if (value !== undefined) this.#later.set(name, value)
    this.#laterBlock = undefined
  }

  /** Sets many of the variables which are known at set-up or change with the media. */
  setUp(variables: Readonly<Record<string, string | undefined>>): void {
    for (const [name, value] of Object.entries(variables)) {
      if (value === undefined) this.#setup.delete(name)
      else {
        this.#setup.set(name, value)
        this.#later.delete(name)
      }
    }
    this.#setupBlock = undefined
    this.#laterBlock = undefined
  }

  /** The headers without variables (CHANNEL_CALLSTATE, DTMF, ...). */
  basic(): readonly HeaderBlock[] {
    this.#basicBlock ??= new HeaderBlock(this.#basicPairs())
    return this.#otherLeg ? [this.#basicBlock, this.#otherLeg.block] : [this.#basicBlock]
  }

  /** The headers with all variables (CHANNEL_EXECUTE, PLAYBACK_STOP, ...). */
  full(): readonly HeaderBlock[] {
    this.#setupBlock ??= variables(this.#setup)
    this.#laterBlock ??= variables(this.#later)
    return [...this.basic(), this.#setupBlock, this.#laterBlock]
  }

  /** The caller profile under `Channel-`, which the answer to `connect` has in addition. */
  profile(): HeaderBlock {
    return new HeaderBlock(this.#callerPairs('Channel'))
  }

  get answerState(): string {
    if (this.#hangupCause !== undefined) return 'hangup'
    return this.#answeredAt === '0' ? 'ringing' : 'answered'
  }

  #basicPairs(): Pairs {
    const pairs: Pairs = [
      ['Channel-State', this.#state],
      ['Channel-Call-State', this.#callState],
      ['Channel-State-Number', `${CHANNEL_STATES[this.#state]}`],
      ['Channel-Name', this.facts.name],
      ['Unique-ID', this.facts.uuid],
      ['Call-Direction', 'inbound'],
      ['Presence-Call-Direction', 'inbound'],
      ['Channel-HIT-Dialplan', 'true'],
      ['Channel-Call-UUID', this.#callUuid],
      ['Answer-State', this.answerState],
    ]
    if (this.#hangupCause !== undefined) pairs.push(['Hangup-Cause', this.#hangupCause])
    if (this.#codec.name !== '') {
      for (const side of ['Read', 'Write']) {
        pairs.push(
          [`Channel-${side}-Codec-Name`, this.#codec.name],
          [`Channel-${side}-Codec-Rate`, this.#codec.rate],
          [`Channel-${side}-Codec-Bit-Rate`, this.#codec.bitRate],
        )
      }
    }
    return [...pairs, ...this.#callerPairs('Caller')]
  }

  #callerPairs(prefix: string): Pairs {
    const { facts } = this
    const caller = facts.callerNumber ?? 'unknown'
    const pairs: Pairs = [
      ['Direction', 'inbound'],
      ['Logical-Direction', 'inbound'],
      ['Dialplan', this.#profile.dialplan],
      ['Caller-ID-Name', caller],
    ]
    if (facts.callerNumber !== undefined) pairs.push(['Caller-ID-Number', facts.callerNumber])
    pairs.push(
      ['Orig-Caller-ID-Name', caller],
      ['Network-Addr', facts.networkAddress],
      ['Destination-Number', this.#profile.destination],
      ['Unique-ID', facts.uuid],
      ['Source', 'mod_sofia'],
      ['Context', 'mrf'],
      ['Channel-Name', facts.name],
      ['Profile-Index', `${this.#profileIndex}`],
      ['Profile-Created-Time', this.createdAt],
      ['Channel-Created-Time', this.createdAt],
      ['Channel-Answered-Time', this.#answeredAt],
      ['Channel-Progress-Time', '0'],
      ['Channel-Progress-Media-Time', '0'],
      ['Channel-Hangup-Time', this.#hungUpAt],
      ['Channel-Transfer-Time', '0'],
      ['Channel-Resurrect-Time', '0'],
      ['Channel-Bridged-Time', this.#bridgedAt],
      ['Channel-Last-Hold', '0'],
      ['Channel-Hold-Accum', '0'],
      ['Screen-Bit', 'true'],
      ['Privacy-Hide-Name', 'false'],
      ['Privacy-Hide-Number', 'false'],
    )
    return pairs.map(([name, value]) => [`${prefix}-${name}`, value])
  }
}

function variables(map: ReadonlyMap<string, string>): HeaderBlock {
  return new HeaderBlock([...map].map(([name, value]) => [`variable_${name}`, value]))
}

/** The number of a call state, for CHANNEL_CALLSTATE. */
export function callStateNumber(state: CallState): string {
  return `${CALL_STATES[state]}`
}
