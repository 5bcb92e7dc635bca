/** What a signal is about. The receiver looks into the store for what has changed. */
export type SignalTopic = 'directory' | 'arrangements' | 'availability' | 'devices' | 'watchList' | 'accounts' | 'alarms' | 'engines'

/**
 * "Something has changed, look": from any engine to all of them, its own listeners included. A hint, not a message: what matters is in the store, and was committed before the signal
 * was sent. A signal may come twice; after a loss of the connection every topic is signalled once, because signals may have been missed meanwhile.
 */
export interface Signals {
  /** @param about what of it, at most 1000 bytes; may be left out. Never throws; without a connection, the others hear of it when it is back */
  tell(topic: SignalTopic, about?: string): void
  /** @param listener given what `tell` was given; undefined after a loss of the connection: anything may have changed. @returns stops it */
  on(topic: SignalTopic, listener: (about: string | undefined) => void): () => void
}

/** Within one engine. */
export class LocalSignals implements Signals {
  readonly #listeners = new Map<SignalTopic, Set<(about: string | undefined) => void>>()

  tell(topic: SignalTopic, about?: string): void {
    this.hear(topic, about)
  }

  on(topic: SignalTopic, listener: (about: string | undefined) => void): () => void {
    const ofTopic = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, ofTopic)
    // A listener that is added twice is called twice.
    const own = (about: string | undefined) => listener(about)
    ofTopic.add(own)
    return () => ofTopic.delete(own)
  }

  /** In its own turn of the event loop: the sender does not run the listeners' work. */
  protected hear(topic: SignalTopic, about: string | undefined): void {
    for (const listener of this.#listeners.get(topic) ?? []) queueMicrotask(() => listener(about))
  }

  protected missed(): void {
    for (const topic of this.#listeners.keys()) this.hear(topic, undefined)
  }
}
