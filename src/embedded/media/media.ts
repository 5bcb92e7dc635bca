import type { Fingerprint } from '../protocols/sdp/security.js'
import type { MediaChannel } from './media-channel.js'

/** The audio of the switch, as its signalling commands it: by an engine in the same thread, or in one of its own. */
export interface Media {
  /** Settles when channels can be opened, with a line for the operator where a choice was not available. Never rejects. */
  readonly ready: Promise<string | undefined>
  /**
   * Binds a pair of ports. The channel sends nothing until it is configured.
   * @throws PortsExhausted (rejects); Error, with the system's `code` where it has one, when it cannot be opened otherwise
   */
  createChannel(options: { readonly id: string }): Promise<MediaChannel>
  /**
   * Bridges two channels, at once: the next packet of either goes to the other. Running plays are not stopped:
   * stop them first. A channel that is bridged already loses its old peer.
   * @throws Error when one is closed, both are the same, or one is not of this engine
   */
  bridge(a: MediaChannel, b: MediaChannel): void
  /** Ends the bridge of two channels. @returns false when they were not bridged to each other */
  unbridge(a: MediaChannel, b: MediaChannel): boolean
  /** Gets ready for parties that encrypt their audio. @returns the fingerprint of our certificate, the same until the program ends */
  prepareSecurity(): Promise<Fingerprint>
  /** Whether a party may speak Opus: settled with `prepareSecurity`. */
  readonly decodesOpus: boolean
  /** A party that encrypts may call soon: loads what that needs as soon as no channel is open. It loads in one piece, and no packet passes meanwhile. */
  expectSecurity(): void
  /** Loses packets on purpose, both shares 0..1, for tests. `{ in: 0, out: 0 }` ends it. */
  losePackets(share: { readonly in: number; readonly out: number }): void
  /** Closes every channel. Settles when the files of recordings are closed. May be called twice. */
  close(): Promise<void>
}
