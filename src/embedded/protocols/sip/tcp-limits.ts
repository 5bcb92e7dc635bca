/** What connections may cost us. Each is a descriptor and up to a message's length of memory. */
export interface TcpLimits {
  /** Connections in all. */
  readonly inAll: number
  /** Of these, from one address that is known (IPv6: one /64). */
  readonly perSource: number
  /** Of all connections, those of strangers: the rest is kept for who is known. */
  readonly strangersInAll: number
  readonly strangersPerSource: number
  /** A stranger's connection that has brought no whole message after this long, or none since, is closed, ms. */
  readonly strangerSilenceMs: number
  /** A connection, known or not, that has never brought a message and over which nothing has gone for this long, is closed, ms. */
  readonly muteMs: number
  /** A message whose first byte has come must be whole after this long, ms. */
  readonly halfMessageMs: number
  /** A connection over which nothing has gone in either direction for this long is closed, ms. */
  readonly idleMs: number
  /** A peer that does not read: beyond this many unsent bytes it is cut off. */
  readonly backlogBytes: number
  /** How often these times are looked at, ms. */
  readonly sweepMs: number
}

export const defaultTcpLimits: TcpLimits = {
  inAll: 1_000,
  // A hospital's telephones may all stand behind one address.
  perSource: 500,
  strangersInAll: 100,
  strangersPerSource: 10,
  strangerSilenceMs: 10_000,
  muteMs: 60_000,
  halfMessageMs: 10_000,
  // Longer than any registration: a telephone registers again within the hour.
  idleMs: 65 * 60_000,
  backlogBytes: 1024 * 1024,
  sweepMs: 1_000,
}

/** Limits that leave most of the process's file descriptors to the audio. @param descriptors how many the process may have open */
export function tcpLimitsFor(descriptors: number): TcpLimits {
  const inAll = Math.max(20, Math.min(2 * defaultTcpLimits.inAll, Math.floor(descriptors / 4)))
  return {
    ...defaultTcpLimits,
    inAll,
    perSource: Math.ceil(inAll / 2),
    strangersInAll: Math.max(5, Math.floor(inAll / 10)),
    strangersPerSource: Math.min(defaultTcpLimits.strangersPerSource, Math.max(2, Math.floor(inAll / 50))),
  }
}
