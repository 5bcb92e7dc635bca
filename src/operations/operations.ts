import { randomUUID } from 'node:crypto'
import { assignmentOperations, type AssignmentOperations } from './assignments.js'
import { approvalOperations, type ApprovalOperations } from './approvals.js'
import { messageOperations, type MessageOperations, type MessageParts } from './messages.js'
import { peopleOperations, type PeopleOperations, type PeopleParts } from './people.js'
import { rotaOperations, type RotaOperations } from './rotas.js'
import { tokenOperations, type TokenOperations } from './tokens.js'
import { availabilityOperations, type AvailabilityOperations, type AvailabilityParts } from './availability.js'
import { callBackCodeOperations, type CallBackCodeOperations } from './call-back-codes.js'
import { callBackOperations, type CallBackOperations } from './call-backs.js'
import { directoryOperations, type DirectoryOperations, type DirectoryParts } from './directory.js'
import { deviceOperations, type DeviceOperations, type DeviceParts } from './devices.js'
import { nhsNumberOperations, type NhsNumberOperations } from './nhs-numbers.js'
import { Once, type OnceParts } from './once.js'
import { ownCallOperations, type OwnCallOperations, type OwnCallParts } from './own-calls.js'
import { outcomeOperations, type OutcomeOperations, type OutcomeParts } from './outcomes.js'
import { patientConnectOperations, type PatientConnectOperations } from './patient-connects.js'
import { retentionOperations, type RetentionOperations, type RetentionParts } from './retention.js'
import { watchListOperations, type WatchListOperations, type WatchListParts } from './watch-list.js'

/** What people can do here, through the API, a page or a command. */
export interface Operations {
  readonly callBacks: CallBackOperations
  readonly patientConnects: PatientConnectOperations
  readonly callBackCodes: CallBackCodeOperations
  readonly outcomes: OutcomeOperations
  /** For requests over a bad network. */
  readonly once: Once
  /** Calls that clinicians start with one press. */
  readonly ownCalls: OwnCallOperations
  readonly assignments: AssignmentOperations
  readonly availability: AvailabilityOperations
  readonly nhsNumbers: NhsNumberOperations
  readonly watchList: WatchListOperations
  readonly people: PeopleOperations
  readonly approvals: ApprovalOperations
  readonly tokens: TokenOperations
  /** Undefined: no messages are made here. */
  readonly messages: MessageOperations | undefined
  /** Undefined: no telephones register here. */
  readonly devices: DeviceOperations | undefined
  /** Undefined: nothing is deleted here. */
  readonly retention: RetentionOperations | undefined
  /** Undefined: the directory is not in a store here. */
  readonly directory: DirectoryOperations | undefined
  /** The same. */
  readonly rotas: RotaOperations | undefined
}

type ArrangementsParts = Parameters<typeof callBackOperations>[0] &
  Parameters<typeof patientConnectOperations>[0] &
  Parameters<typeof callBackCodeOperations>[0]
export type OperationParts = ArrangementsParts &
  OutcomeParts &
  WatchListParts &
  OnceParts &
  Omit<OwnCallParts, 'once'> &
  AvailabilityParts &
  Pick<DirectoryParts, 'store'> &
  Pick<PeopleParts, 'accounts'> & {
    readonly outbox?: { readonly outbox: MessageParts['outbox']; readonly mailing: 'sent' | 'shown' | 'none' } | undefined
    readonly devices?: DeviceParts
    readonly inForce?: DirectoryParts['inForce']
    readonly retention?: RetentionParts['retention']
  }

export function createOperations(parts: OperationParts): Operations {
  const { accounts, directory, outbox } = parts
  const directoryEdits = parts.inForce && directoryOperations({ inForce: parts.inForce, store: parts.store })
  const once = new Once(parts)
  return {
    callBacks: callBackOperations(parts),
    patientConnects: patientConnectOperations(parts),
    callBackCodes: callBackCodeOperations(parts),
    outcomes: outcomeOperations(parts),
    once,
    ownCalls: ownCallOperations({ ...parts, once }),
    availability: availabilityOperations(parts),
    assignments: assignmentOperations(parts),
    nhsNumbers: nhsNumberOperations(parts),
    watchList: watchListOperations(parts),
    people: peopleOperations({ accounts, directory, mailTo: outbox?.mailing === 'none' ? undefined : outbox?.outbox }),
    approvals: approvalOperations({ accounts, directory }),
    tokens: tokenOperations({ accounts, directory }),
    messages: outbox && messageOperations({ ...outbox, accounts }),
    devices: parts.devices && deviceOperations(parts.devices),
    retention: parts.retention && retentionOperations({ retention: parts.retention, newId: randomUUID }),
    directory: directoryEdits,
    rotas: directoryEdits && rotaOperations(directoryEdits),
  }
}
