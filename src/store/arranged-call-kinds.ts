import type { CallKind } from '../facts/events.js'

/** The kinds of calls that carry out an arrangement. */
export const arrangedCallKinds = ['pifuCallBack', 'patientConnect', 'callBackCode'] as const satisfies readonly CallKind[]
