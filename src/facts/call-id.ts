import { randomBytes } from 'node:crypto'

/** The id of a call that begins at `at` (wall-clock ms): a UUID of version 7 (RFC 9562), so that calls stand in the order of their arrival wherever they are sorted by it. */
export function newCallId(at: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Math.max(0, Math.floor(at)), 0, 6)
  // Version and variant.
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Sorts before every id of a call that begins then or later, and behind every one from before. */
export function firstCallId(at: number): string {
  const hex = Math.floor(at).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7`
}

/** When the call of this id began (wall-clock ms). Undefined: the id does not say, as older ones do not. */
export function beginningOf(callId: string): number | undefined {
  const [, high = '', low = ''] = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.exec(callId) ?? []
  return high === '' ? undefined : parseInt(high + low, 16)
}
