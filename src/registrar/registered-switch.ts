import type { DialledTarget, DialOptions, DialResult, PlainSwitch, SrtpWish, Switch } from '../switch/port.js'
import type { Binding, Bindings } from './bindings.js'
import type { BrowserPhones } from './browser-phones.js'
import { isOverTls, isWebSocket } from './transport.js'

/**
 * The switch with registered telephones: a `device` is looked up at the moment of dialling, and rings wherever it is registered then. Stands
 * between the guard and the adapter.
 */
export function registeredSwitch(
  inner: PlainSwitch,
  bindings: Bindings,
  browsers: Pick<BrowserPhones, 'of'> = { of: () => [] },
  srtp: SrtpWish = defaultDeviceSrtp,
): Switch {
  const ring = (users: readonly string[], options: DialOptions) => ringDevices({ inner, bindings, srtp }, users, options)
  return {
    onIncoming: (handler) => inner.onIncoming(handler),
    onRegister: (handler) => inner.onRegister(handler),
    dial: (target, options) => {
      switch (target.kind) {
        case 'device':
          return ring([target.user], options)
        case 'browser':
          return ring(browsers.of(target.clinician), options)
        case 'number':
        case 'uri':
          return inner.dial(target, options)
      }
    },
    bridge: (a, b, options) => inner.bridge(a, b, options),
    adopt: (handle, dialled, isOurs) => inner.adopt(handle, dialled, isOurs),
    callOff: (handle) => inner.callOff(handle),
    reach: (handle) => inner.reach(handle),
    rejoin: (a, b) => inner.rejoin(a, b),
    health: () => inner.health(),
    hearsWords: () => inner.hearsWords(),
    onHealth: (listener) => inner.onHealth(listener),
    leaveNewCalls: () => inner.leaveNewCalls(),
    close: () => inner.close(),
  }
}

export const defaultDeviceSrtp: SrtpWish = 'optional'

/**
 * The contact, by way of the address that the telephone's packets came from: right behind NAT, and the same without.
 * @param srtp where it is `optional`, SRTP is offered over TLS alone: its keys are in the INVITE, and may not be sent in the clear (RFC 4568 section 8.1.1)
 */
export function reachable({ contact, source }: Binding, srtp: SrtpWish = defaultDeviceSrtp): DialledTarget {
  const host = source.address.includes(':') ? `[${source.address}]` : source.address
  // Headers of a URI have no place in a request line (RFC 3261 19.1.1). The transport is named even where it is the usual one: where a server
  // has to guess it, it may take the connection of another telephone at the same host.
  const target = {
    kind: 'uri',
    uri: contact.split('?')[0] ?? contact,
    via: `sip:${host}:${source.port};transport=${source.protocol}`,
  } as const
  const wish = isOverTls(source) || srtp === 'required' ? srtp : 'off'
  return wish === 'off' || isWebSocket(source) ? target : { ...target, srtp: wish }
}

const notRegistered: DialResult = { kind: 'unavailable', status: 480, reason: 'not registered' }

/** The settings for ringing devices. */
interface Ringing {
  readonly inner: PlainSwitch
  readonly bindings: Bindings
  readonly srtp: SrtpWish
}

function ringDevices({ inner, bindings, srtp }: Ringing, users: readonly string[], options: DialOptions): Promise<DialResult> {
  if (options.signal.aborted) return Promise.resolve({ kind: 'cancelled' })
  const userOf = new Map(users.flatMap((user) => bindings.of(user).map((telephone) => [telephone, user])))
  if (userOf.size === 0) return Promise.resolve(notRegistered)
  return new Fork(inner, srtp, options).ring([...userOf.keys()], (telephone, gone) =>
    bindings.onGone(userOf.get(telephone) ?? '', telephone.contact, gone),
  )
}

/** One of the telephones that ring. */
interface Branch {
  readonly stop: AbortController
  forget: () => void
  result: DialResult | undefined
}

/**
 * Rings all telephones of a device at the same time. The first answer wins, and a refusal that speaks for the person (603, 600) ends the
 * ringing of all; any other one ends its own (RFC 3261 16.7). A telephone that is no longer registered stops ringing.
 */
class Fork {
  readonly #branches: Branch[] = []
  #settle: (result: DialResult) => void = () => undefined
  #fail: (fault: unknown) => void = () => undefined
  #settled = false
  #rang = false
  readonly #onAbort = () => this.#finish({ kind: 'cancelled' })

  constructor(
    private readonly inner: PlainSwitch,
    private readonly srtp: SrtpWish,
    private readonly options: DialOptions,
  ) {}

  /** @param onGone called when the telephone is no longer registered; at once if it is not. @returns forgets that */
  ring(telephones: readonly Binding[], onGone: (telephone: Binding, gone: () => void) => () => void): Promise<DialResult> {
    const done = new Promise<DialResult>((resolve, reject) => {
      this.#settle = resolve
      this.#fail = reject
    })
    this.options.signal.addEventListener('abort', this.#onAbort, { once: true })
    const branches = telephones.map((telephone) => {
      const branch: Branch = { stop: new AbortController(), forget: () => undefined, result: undefined }
      return { telephone, branch }
    })
    // All of them exist before the first one rings: the first refusal must not be taken for the last.
    this.#branches.push(...branches.map(({ branch }) => branch))
    for (const { telephone, branch } of branches) {
      this.#dial(branch, telephone)
      branch.forget = onGone(telephone, () => this.#over(branch, notRegistered))
    }
    return done
  }

  #dial(branch: Branch, telephone: Binding): void {
    const onRinging = () => {
      if (this.#rang || this.#settled) return
      this.#rang = true
      this.options.onRinging?.()
    }
    this.inner.dial(reachable(telephone, this.srtp), { ...this.options, signal: branch.stop.signal, onRinging }).then(
      (result) => this.#over(branch, result),
      (fault: unknown) => this.#finish({ kind: 'cancelled' }, fault),
    )
  }

  #over(branch: Branch, result: DialResult): void {
    if (result.kind === 'answered') {
      // It crossed the end of the ringing: another telephone has answered, or the hunt no longer waits.
      if (this.#settled || branch.result !== undefined) return void result.leg.close()
      branch.result = result
      return this.#finish(result)
    }
    if (this.#settled || branch.result !== undefined) return
    branch.result = result
    branch.forget()
    branch.stop.abort()
    if (result.kind === 'declined' || (result.kind === 'busy' && result.status === 600)) return this.#finish(result)
    const results = this.#branches.map((each) => each.result)
    if (results.every((each) => each !== undefined)) this.#finish(results.sort((one, other) => rank(one) - rank(other))[0] ?? notRegistered)
  }

  /** Called once. Telephones that still ring stop. */
  #finish(result: DialResult, ...fault: readonly unknown[]): void {
    if (this.#settled) return
    this.#settled = true
    this.options.signal.removeEventListener('abort', this.#onAbort)
    if (fault.length > 0) this.#fail(fault[0])
    else this.#settle(result)
    for (const branch of this.#branches) {
      branch.forget()
      if (branch.result === undefined) branch.stop.abort()
    }
  }
}

/** The result that best explains why nobody answered: a telephone that rang to the end says more than one that was engaged or unreachable. */
function rank({ kind }: DialResult): number {
  return ['noAnswer', 'busy', 'declined', 'unavailable', 'failed', 'badNumber', 'cancelled', 'answered'].indexOf(kind)
}
