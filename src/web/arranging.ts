import type { FastifyRequest } from 'fastify'
import { mayArrangeBy, type ArrangingReach } from '../accounts/arranging.js'
import type { ArrangedCalls } from '../arrangements/arranged-calls.js'
import type { ArrangementState } from '../arrangements/arrangement.js'
import type { Directory } from '../directory/model.js'
import { knownOutcomes } from '../directory/outcomes.js'
import type { Try } from '../facts/arrangement.js'
import type { Operations } from '../operations/operations.js'
import type { Refused } from '../operations/result.js'
import type { Choice } from './choices.js'
import { view, missing, type Answer, type FieldError } from './site.js'

/** What the pages of arranged calls have in common. */

export interface ArrangingParts {
  readonly operations: Pick<Operations, 'callBacks' | 'patientConnects' | 'callBackCodes' | 'outcomes'>
  readonly arranged: Pick<ArrangedCalls, 'list'>
  readonly directory: () => Directory
  /** A patient's number and NHS number: each look is in the audit before it is shown. */
  readonly looks: { at(request: FastifyRequest, action: 'arrangement.seen', arrangement: string): Promise<void> }
  /** The time zone of days and times. */
  readonly timeZone: string
  /** Wall-clock ms. */
  readonly now: () => number
}

/** Clinicians who may be asked to call: those who can be rung. */
export function callersOf(reach: ArrangingReach, directory: Directory): readonly Choice[] {
  return [...directory.clinicians.values()].filter((one) => one.numbers.length > 0 && mayArrangeBy(reach, one, directory))
}

/** The field that a refusal is shown beside, and its words. */
export function asFieldError({ field = '', message }: Refused): FieldError {
  return { field: field === 'dueAt' ? 'day' : field, message: inWords[field] ?? message }
}

const inWords: Readonly<Record<string, string>> = {
  patientNumber: "Enter the patient's telephone number, such as 07700 900123. It must be one that may be dialled",
  nhsNumber: 'Enter a 10 digit NHS number, such as 485 777 3456. One digit may be wrong, or two may be the wrong way round',
  dueAt: 'Enter a time in the future, within 400 days',
}

/** The answer when it is not found, or the store does not answer. */
export function notFound({ code }: Refused): Answer {
  return code === 'storeUnavailable' ? view('fault.njk', 'The data cannot be read at the moment', {}, { status: 503 }) : missing
}

/** Its state, shown without colour. */
export function stateInWords({ state, overdue = false }: { readonly state: ArrangementState; readonly overdue?: boolean }): {
  readonly text: string
  readonly colour: string
} {
  switch (state) {
    case 'open':
      return overdue ? { text: 'Overdue', colour: 'red' } : { text: 'Waiting', colour: 'grey' }
    case 'inProgress':
      return { text: 'Being called', colour: 'green' }
    case 'done':
      return { text: 'Done', colour: 'blue' }
    case 'cancelled':
      return { text: 'Cancelled', colour: 'white' }
    case 'expired':
      return { text: 'Run out', colour: 'white' }
  }
}

/** The script that refreshes its state. */
export function whileInProgress({ state }: { readonly state: ArrangementState }): readonly string[] {
  return state === 'inProgress' ? ['in-progress.js'] : []
}

/** Each call that carried it, latest first. */
export function triesInWords(
  tries: readonly Try[],
  directory: Directory,
  line?: string,
): readonly { readonly at: number; readonly what: string }[] {
  const labels = new Map(knownOutcomes(directory, line).map(({ id, label }) => [id, label]))
  return [...tries].reverse().map(({ at, clinician, talked, outcome, ended }) => {
    const by = clinician === undefined ? '' : ` by ${directory.clinicians.get(clinician)?.name ?? clinician}`
    const what = !ended ? 'being called now' : talked ? 'connected' : 'nobody was reached'
    return {
      at,
      what: `${what}${by}${outcome === undefined ? (ended && talked ? ', without an outcome' : '') : `: ${labels.get(outcome) ?? outcome}`}`,
    }
  })
}
