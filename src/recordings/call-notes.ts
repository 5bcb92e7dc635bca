import type { CallEvent, CallFactType } from '../facts/events.js'

/** What an MP3 needs to know about its call: line, recordings, how long they ran. */
const noted: ReadonlySet<CallFactType> = new Set<CallFactType>([
  'call.arrived',
  'call.placed',
  'arrangement.taken',
  'organisation.chosen',
  'line.chosen',
  'line.refused',
  'recording.started',
  'recording.failed',
  'recording.stopped',
  'recording.ready',
  'talk.ended',
  'call.ended',
])

/** The facts of running calls that recordings need, so that the store is not asked for a fact just written. */
export class CallNotes {
  readonly #calls = new Map<string, CallEvent[]>()

  note(event: CallEvent): void {
    if (!noted.has(event.type)) return
    const events = this.#calls.get(event.callId)
    if (events) events.push(event)
    // The store knows more about a call that began before this engine did.
    else if (event.type === 'call.arrived' || event.type === 'call.placed') this.#calls.set(event.callId, [event])
  }

  /** In order; undefined for a call that is not known from its beginning, or is forgotten: ask the store. */
  of(callId: string): readonly CallEvent[] | undefined {
    return this.#calls.get(callId)
  }

  hasEnded(callId: string): boolean {
    return this.#calls.get(callId)?.some((event) => event.type === 'call.ended') === true
  }

  forget(callId: string): void {
    this.#calls.delete(callId)
  }
}
