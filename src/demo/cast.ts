import { everyTarget } from '../directory/every-target.js'
import type { Directory } from '../directory/model.js'
import type { DemoSettings } from './demo-settings.js'

/** A telephone of the directory that the demo plays. */
export interface Part {
  readonly name: string
  readonly user: string
  readonly address: string
  readonly port: number
  /** Its name in the facts; undefined: any number rung through the trunk. */
  readonly target: string | undefined
}

/**
 * Every `sip:` address of the directory on this machine's loopback, once.
 * @param network where the telephone network is simulated: one telephone that answers every number
 */
export function cast(directory: Directory, network?: DemoSettings['network']): readonly Part[] {
  const parts = new Map<string, Part>()
  for (const { place, target } of everyTarget(directory)) {
    if (target.kind !== 'uri') continue
    const match = /^sip:([^@;]+)@(127\.\d+\.\d+\.\d+):(\d+)$/.exec(target.uri)
    if (match?.[1] === undefined || match[2] === undefined || parts.has(target.uri)) continue
    const [, user, address, port] = match
    const clinician = [...directory.clinicians.values()].find(({ numbers }) =>
      numbers.some((one) => one.kind === 'uri' && one.uri === target.uri),
    )
    parts.set(target.uri, { name: clinician?.name ?? place, user, address, port: Number(port), target: target.uri })
  }
  if (network) parts.set('network', { name: 'A caller in the telephone network', user: 'network', ...network, target: undefined })
  return [...parts.values()]
}
