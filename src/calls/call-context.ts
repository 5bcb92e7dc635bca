import type { AlarmName } from '../alarms/alarm-list.js'
import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { DeviceOwner } from '../directory/device-owner.js'
import type { ClinicianId, Directory } from '../directory/model.js'
import type { CallEnding } from '../facts/events.js'
import type { Speech } from '../prompts/speech.js'
import type { RecordingSink } from '../recordings/recording-sink.js'
import type { Reservations } from '../shared/reservations.js'
import type { Switch } from '../switch/port.js'
import type { RungBefore } from '../watch-list/rung-before.js'
import type { Arrangements } from './arrangements.js'
import type { CallScope } from './call-scope.js'
import type { FlowSettings } from './flow-settings.js'
import type { Returns } from './returns.js'

/** What every flow works with. One for each call. */
export interface CallContext {
  readonly id: string
  /** The instant, wall-clock ms, for every question to the directory: fixed when the call arrived, as is the directory itself. */
  readonly arrivedAt: number
  readonly directory: Directory
  /** User of the calling telephone, and its owner, if it has authenticated. */
  readonly device?: string
  readonly owner?: DeviceOwner
  /** As the telephone tells them; both empty where the engine itself began the call. */
  readonly callerNumber: string
  /** The identity under which a caller who withholds their number is counted. */
  readonly callerAccount?: string
  readonly dialledNumber: string
  readonly scope: CallScope
  readonly switch: Switch
  readonly speech: Speech
  readonly recordings: RecordingSink
  readonly reservations: Reservations
  /** Who was rung when, and which telephones are bad. */
  readonly past: RungBefore
  /** Whether the clinician has said "not now". */
  readonly notNow: (clinician: ClinicianId) => boolean
  /** Whether the ranges allow a number (E.164) that a caller keyed or rang from. */
  readonly mayDial: (number: string) => boolean
  /** PINs and codes of arranged calls. */
  readonly arrangements: Arrangements
  /** Why facts cannot be stored at the moment; undefined: they can. Without them nobody can be connected, so nobody is rung. */
  readonly cannotKeep: () => string | undefined
  /** For the operators; the call's own record has the fact besides. */
  readonly alarms: Alarms
  /** The talks that a browser may rejoin. */
  readonly returns: Returns
  readonly clock: Clock
  readonly settings: FlowSettings
}

/** A fault that an operator has to see to has touched this call: a fact of the call, and an alarm that stays up. */
export function raiseAlarm(call: CallContext, alarm: AlarmName, detail: string): void {
  call.scope.tell({ type: 'alarm.raised', alarm, detail })
  call.alarms.raise(alarm, detail, call.scope.about())
}

/** How a flow says that the call is over. The desk closes the scope with it. */
export interface CallEnd {
  readonly ending: CallEnding
  readonly detail?: string
}
