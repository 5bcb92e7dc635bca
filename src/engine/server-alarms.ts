import type { AlarmName } from '../alarms/alarm-list.js'
import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { Switch, SwitchHealth } from '../switch/port.js'

/** A restart of a server, or a reconnection, is not worth an alarm. */
const settleMs = 3_000

/**
 * An alarm for each drachtio-server and each FreeSWITCH that is away, though calls go on at the others, and one when calls cannot be taken at all.
 * @param named whether the servers have names that an operator knows: those of an embedded switch change at every start
 * @returns ends it
 */
export function alarmOfServers(telephone: Pick<Switch, 'health' | 'onHealth'>, alarms: Alarms, clock: Clock, named: boolean): () => void {
  const down = new Map<AlarmName, { detail: string; readonly cancel: () => void; raised: boolean }>()
  const look = (health: SwitchHealth) => {
    const now = new Map<AlarmName, string>()
    if (!health.ready) now.set('switch.down', whyNot(health))
    for (const { kind, name, up, detail } of named ? (health.servers ?? []) : [])
      if (!up) now.set(kind === 'drachtio' ? `drachtio.down: ${name}` : `freeswitch.down: ${name}`, detail)
    for (const [alarm, { cancel }] of down) {
      if (now.has(alarm)) continue
      cancel()
      down.delete(alarm)
      alarms.clear(alarm)
    }
    for (const [alarm, detail] of now) {
      const known = down.get(alarm)
      if (known === undefined) {
        const cancel = clock.after(settleMs, () => {
          const still = down.get(alarm)
          if (still === undefined) return
          still.raised = true
          alarms.raise(alarm, still.detail)
        })
        down.set(alarm, { detail, cancel, raised: false })
      } else if (known.detail !== detail) {
        known.detail = detail
        if (known.raised) alarms.raise(alarm, detail)
      }
    }
  }
  const stop = telephone.onHealth(look)
  look(telephone.health())
  return () => {
    stop()
    for (const { cancel } of down.values()) cancel()
  }
}

function whyNot({ signalling, media }: SwitchHealth): string {
  const parts = [signalling, media].flatMap(({ up, detail }) => (up ? [] : [detail]))
  return parts.length === 0 ? 'no drachtio-server has a FreeSWITCH' : parts.join('; ')
}
