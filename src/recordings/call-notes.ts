import type { CallEvent, CallFactType } from '../facts/events.js'

/** What the making of an MP3 has to know of its call: line, recordings, how long they ran. */
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

/** The facts of the calls that run, as far as recordings need them: so that the store is not asked for what has just been told. */
export class CallNotes {
  readonly #calls = new Map<string, CallEvent[]>()

  note(event: CallEvent): void {
    if (!noted.has(event.type)) return
    const events = this.#calls.get(event.callId)
    if (events) events.push(event)
    // Of a call that began before this engine did, the store knows more.
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
