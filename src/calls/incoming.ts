import { mayUse } from '../directory/access.js'
import { organisationsOf, type DeviceOwner } from '../directory/device-owner.js'
import { numberUse } from '../directory/dialled-number.js'
import type { Directory, Line, NumberUse, Organisation } from '../directory/model.js'
import type { CallFact, CallKind } from '../facts/events.js'
import { cutCallId } from '../switch/clean-text.js'
import type { IncomingCall, Leg } from '../switch/port.js'
import { bypassByCode } from './bypass-call.js'
import type { CallContext, CallEnd } from './call-context.js'
import { cannotConnect } from './cannot-connect.js'
import { dialIn } from './dial-in.js'
import { holdClinician } from './hold-clinician.js'
import { handleOf } from './leg-handle.js'
import { lineCall } from './line-call.js'
import { greeting, mannerOf } from './line-manner.js'
import { sayAndRelease, sentence } from './saying.js'
import { codeService } from './star-services.js'
import { within } from './within.js'

/** What a dialled number leads to, looked up before anything is answered. */
export type Route =
  | { readonly kind: 'dialIn'; readonly organisation: Organisation }
  /** `organisation`: who calls, if the telephone has authenticated. */
  | { readonly kind: 'line'; readonly line: Line; readonly organisation?: Organisation }
  /** PINs and codes of arranged calls; with the keys, if they were dialled as well. */
  | { readonly kind: 'code'; readonly organisation?: Organisation; readonly keys?: string }
  /** A practice by its code. */
  | { readonly kind: 'bypass'; readonly organisation?: Organisation; readonly code?: string }
  /** Refused with this SIP status, unanswered and uncharged. */
  | { readonly kind: 'refuse'; readonly status: number; readonly end: CallEnd }

/**
 * A call comes in: the number dialled and the telephone's owner decide what happens.
 * @param settled called as soon as the call has been answered or refused
 */
export async function takeCall(call: CallContext, incoming: IncomingCall, settled: () => void): Promise<CallEnd> {
  const { scope } = call
  const route =
    call.device === undefined
      ? routeOf(call.directory, incoming.dialledNumber)
      : routeOfDevice(call.directory, incoming.dialledNumber, call.owner)
  const arrived = within(call.clock, call.settings.arrivalMs, scope.keep(arrival(incoming, call.owner, route)))
  if (route.kind === 'refuse') {
    await incoming.reject(route.status)
    return route.end
  }
  // The disk and the media get ready side by side, so nobody waits for both in turn. A caller whom another engine could not find again, should this one die, is not answered.
  const answer = await incoming.answer({ when: arrived }).finally(settled)
  switch (answer.kind) {
    case 'cancelled':
      return { ending: 'abandonedBeforeAnswer' }
    case 'noCommonCodec':
      return { ending: 'noCommonCodec' }
    case 'failed':
      return { ending: 'mediaFault', detail: answer.why }
    case 'answered':
      scope.own(answer.leg, 'caller')
      if (call.owner?.kind === 'clinician') holdClinician(call, answer.leg, call.owner.id)
      scope.tell({ type: 'call.answered', legId: answer.leg.id, ...handleOf(answer.leg) })
      return (await cannotConnect(call, answer.leg)) ?? follow(call, answer.leg, route)
  }
}

/** The number dialled, without a PIN or code that a telephone dialled after its stars: those are in no fact, list or log. */
export function numberInFacts({ dialledNumber, device }: Pick<IncomingCall, 'dialledNumber' | 'device'>): string {
  return device === undefined ? dialledNumber : dialledNumber.replace(/^(\*+)#*\d[\d*#]*$/, '$1')
}

/** The first fact of every call that comes in. */
export function arrival(incoming: IncomingCall, owner: DeviceOwner | undefined, route?: Route): CallFact {
  const { protocol, address, port } = incoming.source
  const organisation = route === undefined || route.kind === 'refuse' ? undefined : route.organisation
  return {
    type: 'call.arrived',
    kind: route === undefined ? 'dialIn' : kindOf(route),
    callerNumber: incoming.callerNumber,
    ...(incoming.callerAccount === undefined ? {} : { callerAccount: incoming.callerAccount }),
    dialledNumber: numberInFacts(incoming),
    ...(organisation === undefined ? {} : { organisation: organisation.id }),
    ...(incoming.device === undefined ? {} : { device: incoming.device }),
    ...(owner?.kind === 'clinician' ? { clinician: owner.id } : {}),
    source: `${protocol}:${address}:${port}`,
    sipCallId: cutCallId(incoming.id),
    ...(incoming.trunk === undefined ? {} : { trunk: incoming.trunk }),
    ...handleOf(incoming),
  }
}

function kindOf(route: Route): CallKind {
  switch (route.kind) {
    case 'line':
      return route.line.kind === 'advice' ? 'line' : route.line.kind
    case 'code':
      return 'callBackCode'
    case 'bypass':
      return 'bypass'
    case 'dialIn':
    case 'refuse':
      return 'dialIn'
  }
}

/** A caller whom an engine that died had let in, and who had not chosen anything yet, begins again. */
export function followAgain(call: CallContext, caller: Leg, dialled: string): Promise<CallEnd> {
  const route = call.device === undefined ? routeOf(call.directory, dialled) : routeOfDevice(call.directory, dialled, call.owner)
  if (route.kind !== 'refuse') return follow(call, caller, route)
  return sayAndRelease(call, caller, [sentence('technical-fault')]).then(() => route.end)
}

function follow(call: CallContext, caller: Leg, route: Exclude<Route, { readonly kind: 'refuse' }>): Promise<CallEnd> {
  switch (route.kind) {
    case 'dialIn':
      return dialIn(call, caller, route.organisation)
    case 'line':
      return lineCall(call, caller, {
        line: route.line,
        organisation: route.organisation,
        chosenBy: 'number',
        greeting: mannerOf(route.line.kind).greeting(route.line),
      })
    case 'code':
      return codeService(call, caller, {
        first: route.organisation ? [] : [...greeting, sentence('code-welcome')],
        practices: route.organisation !== undefined,
        ...(route.organisation ? { organisation: route.organisation } : {}),
        ...(route.keys === undefined ? {} : { dialled: route.keys }),
      })
    case 'bypass':
      return bypassByCode(call, caller, {
        first: route.organisation ? [] : greeting,
        organisation: route.organisation,
        ...(route.code === undefined ? {} : { dialled: route.code }),
      })
  }
}

const unknown: Route = { kind: 'refuse', status: 404, end: { ending: 'unknownNumber' } }
const notAllowed: Route = { kind: 'refuse', status: 403, end: { ending: 'notAllowed' } }

function routeOf(directory: Directory, dialled: string): Route {
  const use = numberUse(directory, dialled)
  return use === undefined ? unknown : routeOfUse(directory, use)
}

function routeOfUse(directory: Directory, use: NumberUse): Route {
  switch (use.kind) {
    case 'dialIn': {
      const organisation = directory.organisations.get(use.organisation)
      return organisation === undefined ? unknown : { kind: 'dialIn', organisation }
    }
    case 'line': {
      const line = directory.lines.get(use.line)
      return line === undefined ? unknown : { kind: 'line', line }
    }
    case 'callBackCode':
      return { kind: 'code' }
    case 'bypass':
      return { kind: 'bypass' }
  }
}

/**
 * What an authenticated telephone may dial: the code of a line, `*` (and a PIN or code), `**` (and a practice's code), the
 * Dial-In number of an organisation of its owner, and a line's number. Nothing else: it is no way out to the telephone network.
 */
function routeOfDevice(directory: Directory, dialled: string, owner: DeviceOwner | undefined): Route {
  const organisations = owner === undefined ? [] : organisationsOf(directory, owner)
  const [first] = organisations
  if (first === undefined) return notAllowed
  // Some telephones send the `#` that ends dialling.
  const practice = /^\*\*(\d*)#?$/.exec(dialled)
  if (practice) return { kind: 'bypass', organisation: first, ...(practice[1] ? { code: practice[1] } : {}) }
  const pin = /^\*(\d*)#?$/.exec(dialled)
  if (pin) return { kind: 'code', organisation: first, ...(pin[1] ? { keys: pin[1] } : {}) }
  for (const organisation of organisations) {
    for (const line of directory.lines.values()) {
      if (line.code === dialled.replace(/#$/, '') && line.kind === 'advice' && mayUse(directory, line, organisation.id))
        return { kind: 'line', line, organisation }
    }
  }
  const route = routeOf(directory, dialled)
  if (route.kind === 'dialIn') return organisations.includes(route.organisation) ? route : notAllowed
  if (route.kind !== 'line' || route.line.kind !== 'advice') return route
  const asking = organisations.find(({ id }) => mayUse(directory, route.line, id))
  return asking === undefined ? notAllowed : { ...route, organisation: asking }
}
