import type { Admission } from '../switch/admission.js'
import { passedOn } from '../switch/passed-on.js'
import type { IncomingCall } from '../switch/port.js'
import type { Devices } from './devices.js'
import type { DigestAuthenticator } from './digest-authenticator.js'

/**
 * Asks a caller that claims to be one of our devices (user of From) for proof, wherever the call comes from: otherwise any host at a trusted
 * address could pose as it. RFC 3261 22.2.
 */
export async function admitDevice(
  call: IncomingCall,
  {
    authenticator,
    devices,
    onRefused,
  }: {
    readonly authenticator: DigestAuthenticator
    readonly devices: Pick<Devices, 'find'>
    readonly onRefused?: (detail: string) => void
  },
): Promise<Admission> {
  const user = call.callerNumber
  // A name that differs only in case is meant to be mistaken for the device's.
  if (devices.find(user.toLowerCase()) === undefined) return { kind: 'unknown' }
  const proof = authenticator.prove({
    header: call.header('Authorization'),
    method: 'INVITE',
    address: call.source.address,
    user,
    dialled: call.dialledNumber,
  })
  switch (proof.kind) {
    case 'device':
      return { kind: 'device', call: passedOn(call, { device: proof.device.user }) }
    case 'challenge':
      await call.reject(401, { headers: { 'WWW-Authenticate': proof.challenge } })
      return { kind: 'answered' }
    case 'refused':
      onRefused?.(`call from ${call.source.address} as ${user}: ${proof.why}`)
      await call.reject(403)
      return { kind: 'answered' }
  }
}
