import type { Media } from '../media/media.js'
import type { Channel } from './channel.js'

/**
 * `uuid_bridge`: whatever the two are doing ends, and they hear each other from the next packet on. A channel that is bridged already
 * loses its old peer, which stays parked.
 * @returns false when one of them no longer exists
 */
export function bridge(engine: Media, originator: Channel, originatee: Channel): boolean {
  if (originator.over || originatee.over || originator === originatee) return false
  for (const channel of [originator, originatee]) {
    const { peer } = channel
    if (peer && peer !== originator && peer !== originatee) part(engine, channel, peer)
  }
  originator.setVariable('uuid_bridge', originatee.uuid)
  note(originator, originatee, 'originatee', originator.uuid)
  note(originatee, originator, 'originator', originator.uuid)
  originator.redirect()
  originatee.redirect()
  originator.setVariable('uuid_bridge', undefined)
  originator.peer = originatee
  originatee.peer = originator
  engine.bridge(originator.media, originatee.media)
  begun(originatee, originator)
  begun(originator, originatee)
  originatee.data.setState('CS_EXCHANGE_MEDIA')
  originator.publish('CHANNEL_BRIDGE', 'full', undefined, () => ends(originator, originatee))
  return true
}

/** `uuid_transfer <uuid> -both park inline`: both stay up, each parked by itself. */
export function part(engine: Media, channel: Channel, peer: Channel): void {
  engine.unbridge(channel.media, peer.media)
  channel.peer = undefined
  peer.peer = undefined
  channel.publish('CHANNEL_UNBRIDGE', 'full', undefined, () => ends(channel, peer))
  channel.setVariable('last_bridge_to', peer.uuid)
  peer.setVariable('last_bridge_to', channel.uuid)
  channel.setVariable('signal_bond', undefined)
  peer.setVariable('signal_bond', undefined)
}

function ends(a: Channel, b: Channel): readonly (readonly [string, string])[] {
  return [
    ['Bridge-A-Unique-ID', a.uuid],
    ['Bridge-B-Unique-ID', b.uuid],
  ]
}

function note(channel: Channel, other: Channel, type: 'originator' | 'originatee', callUuid: string): void {
  channel.setVariable('bridge_channel', other.name)
  channel.setVariable('bridge_uuid', other.uuid)
  channel.setVariable('signal_bond', other.uuid)
  channel.data.bridged(type, other.data, callUuid)
}

function begun(channel: Channel, other: Channel): void {
  channel.data.setState('CS_SOFT_EXECUTE')
  channel.publish('CHANNEL_EXECUTE', 'full', () => [
    ['Application', 'uuid_bridge'],
    ['Application-Data', other.uuid],
  ])
}
