import { mayUse } from '../directory/access.js'
import { organisationsOf, type DeviceOwner } from '../directory/device-owner.js'
import { numberUse } from '../directory/dialled-number.js'
import type { Directory, Line, NumberUse, Organisation } from '../directory/model.js'
import type { IncomingCall, Leg } from '../switch/port.js'
import { bypassByCode } from './bypass-call.js'
import type { CallContext, CallEnd } from './call-context.js'
import { dialIn } from './dial-in.js'
import type { CallFact, CallKind } from './events.js'
import { holdClinician } from './hold-clinician.js'
import { lineCall } from './line-call.js'
import { greeting, mannerOf } from './line-manner.js'
import { cannotConnect } from './cannot-connect.js'
import { sentence } from './saying.js'
import { codeService } from './star-services.js'
import { within } from './within.js'

/** What a dialled number leads to, looked up before anything is answered. */
export type Way =
  | { readonly kind: 'dialIn'; readonly organisation: Organisation }
  /** `organisation`: who calls, where the telephone has proved whose it is. */
  | { readonly kind: 'line'; readonly line: Line; readonly organisation?: Organisation }
  /** PINs and codes of arranged calls; with the keys, where they were dialled as well. */
  | { readonly kind: 'code'; readonly organisation?: Organisation; readonly keys?: string }
  /** A practice by its code. */
  | { readonly kind: 'bypass'; readonly organisation?: Organisation; readonly code?: string }
  /** Refused with this SIP status, unanswered and uncharged. */
  | { readonly kind: 'refuse'; readonly status: number; readonly end: CallEnd }

/** A call wants to come in: the number dialled, and whose telephone it is, decide what happens. */
export async function takeCall(call: CallContext, incoming: IncomingCall): Promise<CallEnd> {
  const { scope } = call
  const way = call.device === undefined ? wayOf(call.directory, incoming.dialledNumber) : wayOfDevice(call.directory, incoming.dialledNumber, call.owner)
  const arrived = within(call.clock, call.settings.arrivalMs, scope.keep(arrival(incoming, way)))
  if (way.kind === 'refuse') {
    await incoming.reject(way.status)
    return way.end
  }
  // The disk and the media are got ready side by side: nobody waits for both in turn.
  const [answer] = await Promise.all([incoming.answer(), arrived])
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
      scope.tell({ type: 'call.answered', legId: answer.leg.id })
      return (await cannotConnect(call, answer.leg)) ?? follow(call, answer.leg, way)
  }
}

/** The number dialled, without a PIN or code that a telephone dialled behind its stars: those are in no fact, no list and no log of ours. */
export function numberInFacts({ dialledNumber, device }: Pick<IncomingCall, 'dialledNumber' | 'device'>): string {
  return device === undefined ? dialledNumber : dialledNumber.replace(/^(\*+)#*\d[\d*#]*$/, '$1')
}

/** The first fact of every call that comes in. */
export function arrival(incoming: IncomingCall, way?: Way): CallFact {
  const { protocol, address, port } = incoming.source
  const organisation = way === undefined || way.kind === 'refuse' ? undefined : way.organisation
  return {
    type: 'call.arrived',
    kind: way === undefined ? 'dialIn' : kindOf(way),
    callerNumber: incoming.callerNumber,
    ...(incoming.callerAccount === undefined ? {} : { callerAccount: incoming.callerAccount }),
    dialledNumber: numberInFacts(incoming),
    ...(organisation === undefined ? {} : { organisation: organisation.id }),
    ...(incoming.device === undefined ? {} : { device: incoming.device }),
    source: `${protocol}:${address}:${port}`,
  }
}

function kindOf(way: Way): CallKind {
  switch (way.kind) {
    case 'line':
      return way.line.kind === 'advice' ? 'line' : way.line.kind
    case 'code':
      return 'callBackCode'
    case 'bypass':
      return 'bypass'
    case 'dialIn':
    case 'refuse':
      return 'dialIn'
  }
}

function follow(call: CallContext, caller: Leg, way: Exclude<Way, { readonly kind: 'refuse' }>): Promise<CallEnd> {
  switch (way.kind) {
    case 'dialIn':
      return dialIn(call, caller, way.organisation)
    case 'line':
      return lineCall(call, caller, { line: way.line, organisation: way.organisation, chosenBy: 'number', greeting: mannerOf(way.line.kind).greeting(way.line) })
    case 'code':
      return codeService(call, caller, {
        first: way.organisation ? [] : [...greeting, sentence('code-welcome')],
        practices: way.organisation !== undefined,
        ...(way.organisation ? { organisation: way.organisation } : {}),
        ...(way.keys === undefined ? {} : { dialled: way.keys }),
      })
    case 'bypass':
      return bypassByCode(call, caller, { first: way.organisation ? [] : greeting, organisation: way.organisation, ...(way.code === undefined ? {} : { dialled: way.code }) })
  }
}

const unknown: Way = { kind: 'refuse', status: 404, end: { ending: 'unknownNumber' } }
const notAllowed: Way = { kind: 'refuse', status: 403, end: { ending: 'notAllowed' } }

function wayOf(directory: Directory, dialled: string): Way {
  const use = numberUse(directory, dialled)
  return use === undefined ? unknown : wayOfUse(directory, use)
}

function wayOfUse(directory: Directory, use: NumberUse): Way {
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
 * What a telephone that has proved whose it is may dial: the code of a line, `*` (and a PIN or code), `**` (and a practice's code), the
 * Dial-In number of an organisation of its owner, and a line's number. Nothing else: it is no way out to the telephone network.
 */
function wayOfDevice(directory: Directory, dialled: string, owner: DeviceOwner | undefined): Way {
  const organisations = owner === undefined ? [] : organisationsOf(directory, owner)
  const [first] = organisations
  if (first === undefined) return notAllowed
  // Some telephones send the key that ends the dialling.
  const practice = /^\*\*(\d*)#?$/.exec(dialled)
  if (practice) return { kind: 'bypass', organisation: first, ...(practice[1] ? { code: practice[1] } : {}) }
  const pin = /^\*(\d*)#?$/.exec(dialled)
  if (pin) return { kind: 'code', organisation: first, ...(pin[1] ? { keys: pin[1] } : {}) }
  for (const organisation of organisations) {
    for (const line of directory.lines.values()) {
      if (line.code === dialled.replace(/#$/, '') && line.kind === 'advice' && mayUse(directory, line, organisation.id)) return { kind: 'line', line, organisation }
    }
  }
  const way = wayOf(directory, dialled)
  if (way.kind === 'dialIn') return organisations.includes(way.organisation) ? way : notAllowed
  if (way.kind !== 'line' || way.line.kind !== 'advice') return way
  const asking = organisations.find(({ id }) => mayUse(directory, way.line, id))
  return asking === undefined ? notAllowed : { ...way, organisation: asking }
}
