import type { CallKind } from '../facts/events.js'

/** The kinds of calls that carry out what was arranged. */
export const arrangedCallKinds = ['pifuCallBack', 'patientConnect', 'callBackCode'] as const satisfies readonly CallKind[]
