import type { Subscription } from './subscription.js'
import type { SwitchEvent } from './switch-event.js'

/** A receiver of events: one event-socket connection. */
export interface EventListener {
  readonly subscription: Subscription
  deliver(event: SwitchEvent): void
}

/**
 * Brings events to the connections that asked for them. Connections that watch one channel only (every outbound one, after its
 * filter) are kept by channel, so that an event of one call costs nothing per other call; and an event that no listener wants is never built.
 */
export class EventBus {
  readonly #general = new Set<EventListener>()
  readonly #byUuid = new Map<string, Set<EventListener>>()
  readonly #place = new Map<EventListener, string | undefined>()

  /** Adds the listener, or files it again after its subscription has changed. */
  file(listener: EventListener): void {
    this.remove(listener)
    const uuid = listener.subscription.onlyUuid
    this.#place.set(listener, uuid)
    if (uuid === undefined) {
      this.#general.add(listener)
      return
    }
    const sameChannel = this.#byUuid.get(uuid)
    if (sameChannel) sameChannel.add(listener)
    else this.#byUuid.set(uuid, new Set([listener]))
  }

  remove(listener: EventListener): void {
    if (!this.#place.has(listener)) return
    const uuid = this.#place.get(listener)
    this.#place.delete(listener)
    this.#general.delete(listener)
    if (uuid === undefined) return
    const sameChannel = this.#byUuid.get(uuid)
    sameChannel?.delete(listener)
    if (sameChannel?.size === 0) this.#byUuid.delete(uuid)
  }

  /** Sends an event to every listener that wants it. `build` is called only when one may. */
  publish(about: { readonly name: string; readonly uuid?: string; readonly subclass?: string }, build: () => SwitchEvent): void {
    let event: SwitchEvent | undefined
    const offer = (listener: EventListener): void => {
      if (!listener.subscription.mayWant(about.name, about.subclass, about.uuid)) return
      event ??= build()
      if (listener.subscription.passes(event)) listener.deliver(event)
    }
    if (about.uuid !== undefined) this.#byUuid.get(about.uuid)?.forEach(offer)
    this.#general.forEach(offer)
  }
}
