import type { IncomingCall } from './port.js'

/** A call as it came, with what a layer above the switch has found out about it. */
export function passedOn(
  call: IncomingCall,
  found: Pick<IncomingCall, 'callerAccount' | 'device' | 'trunk'> & Partial<Pick<IncomingCall, 'callerNumber' | 'callerDisplayName'>>,
): IncomingCall {
  return {
    id: call.id,
    callerNumber: call.callerNumber,
    callerDisplayName: call.callerDisplayName,
    dialledNumber: call.dialledNumber,
    source: call.source,
    signal: call.signal,
    header: (name) => call.header(name),
    // Made on demand: a refused call needs none.
    get handle() {
      return call.handle
    },
    answer: (options) => call.answer(options),
    reject: (status, options) => call.reject(status, options),
    ...found,
  }
}
