import { numberUse } from '../directory/dialled-number.js'
import type { Directory, Line, Organisation } from '../directory/model.js'
import type { IncomingCall, Leg } from '../switch/port.js'
import { adviceCall } from './advice-call.js'
import type { CallContext, CallEnd } from './call-context.js'
import { dialIn, greeting } from './dial-in.js'
import type { CallFact } from './events.js'
import { within } from './within.js'

/** What a dialled number leads to, looked up before anything is answered. */
export type Way =
  | { readonly kind: 'dialIn'; readonly organisation: Organisation }
  | { readonly kind: 'line'; readonly line: Line }
  /** Refused with this SIP status, unanswered and uncharged. */
  | { readonly kind: 'refuse'; readonly status: number; readonly end: CallEnd }

/** A call wants to come in: the number dialled decides what happens. */
export async function takeCall(call: CallContext, incoming: IncomingCall): Promise<CallEnd> {
  const { scope } = call
  const way = wayOf(call.directory, incoming.dialledNumber)
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
      scope.tell({ type: 'call.answered', legId: answer.leg.id })
      return follow(call, answer.leg, way)
  }
}

/** The first fact of every call. */
export function arrival(incoming: IncomingCall, way?: Way): CallFact {
  const { protocol, address, port } = incoming.source
  return {
    type: 'call.arrived',
    kind: way?.kind === 'line' ? 'line' : 'dialIn',
    callerNumber: incoming.callerNumber,
    dialledNumber: incoming.dialledNumber,
    ...(way?.kind === 'dialIn' ? { organisation: way.organisation.id } : {}),
    source: `${protocol}:${address}:${port}`,
  }
}

function follow(call: CallContext, caller: Leg, way: Exclude<Way, { readonly kind: 'refuse' }>): Promise<CallEnd> {
  switch (way.kind) {
    case 'dialIn':
      return dialIn(call, caller, way.organisation)
    case 'line':
      return adviceCall(call, caller, { line: way.line, organisation: undefined, chosenBy: 'number', greeting })
  }
}

function wayOf(directory: Directory, dialled: string): Way {
  const unknown: Way = { kind: 'refuse', status: 404, end: { ending: 'unknownNumber' } }
  const use = numberUse(directory, dialled)
  switch (use?.kind) {
    case undefined:
      return unknown
    case 'dialIn': {
      const organisation = directory.organisations.get(use.organisation)
      return organisation === undefined ? unknown : { kind: 'dialIn', organisation }
    }
    case 'line': {
      const line = directory.lines.get(use.line)
      return line === undefined ? unknown : { kind: 'line', line }
    }
    case 'callBackCode':
      return { kind: 'refuse', status: 480, end: { ending: 'unknownNumber', detail: 'call-back codes are not taken yet' } }
  }
}
