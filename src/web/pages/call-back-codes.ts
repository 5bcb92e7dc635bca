import { arrangingReach, seesArrangement } from '../../accounts/arranging.js'
import { actorOfIdentity, reaches, reachOf } from '../../accounts/identity.js'
import { ofCall, withinReach } from '../../accounts/reach-of-calls.js'
import { placeInList } from '../../arrangements/arrangement-list.js'
import { maskedTarget } from '../../directory/masking.js'
import type { Directory } from '../../directory/model.js'
import { showNumber } from '../../directory/telephone-number.js'
import type { CallBackCode } from '../../facts/arrangement.js'
import { callRecord } from '../../facts/call-record.js'
import type { CallBackCodeWithCode } from '../../arrangements/arranged-calls.js'
import { callBackCodeView } from '../../operations/arrangement-view.js'
import type { Store } from '../../store/store.js'
import { asFieldError, notFound, stateInWords, type ArrangingParts } from '../arranging.js'
import { choiceList } from '../choice-lists.js'
import { choiceField, choose, type Choice } from '../choices.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'

export interface CallBackCodeParts extends ArrangingParts {
  readonly store: Pick<Store, 'calls' | 'events'>
}

/** How many calls are looked through, and shown, to ring back about. */
const [maxLookedAt, maxShown] = [100, 20]
/** Lifetime of a code, minutes. */
const validMinutes = 10
const adviceLines = 'arrangements/advice-lines'

/** "Call": the specialist who answered a call, or a message elsewhere, rings back the clinician who asked: a number to dial from any telephone, and a code to key there. */
export function callBackCodePages(site: Site, { operations: { callBackCodes }, arranged, store, directory, now }: CallBackCodeParts): void {
  site.menu({ href: '/call-back-codes', text: 'Call with a code', needs: 'arrangements' })

  const page = async (asked: Asked, errors: readonly FieldError[] = []) => {
    const { identity, query, form } = asked
    const [reach, known, at] = [arrangingReach(identity), directory(), now()]
    const cursor = query['after'] !== undefined && placeInList(query['after']) ? query['after'] : undefined
    const open = arranged.list(
      { kind: 'callBackCode', states: ['open', 'inProgress'], order: 'newest', ...(cursor === undefined ? {} : { cursor }) },
      (one) => seesArrangement(reach, one, known),
    )
    return view(
      'call-back-codes.njk',
      'Call',
      {
        calls: await pastCalls(asked),
        rows: open.arrangements.flatMap((one) =>
          one.kind === 'callBackCode'
            ? [{ ...callBackCodeView(one, known, at), inWords: stateInWords(callBackCodeView(one, known, at)) }]
            : [],
        ),
        ...(open.nextCursor === undefined ? {} : { next: `/call-back-codes?after=${encodeURIComponent(open.nextCursor)}` }),
        ...{ values: form, lines: choiceField(linesOf(asked), adviceLines), everywhere: reach.everywhere },
      },
      { errors },
    )
  }

  site.get('/call-back-codes', 'arrangements', (asked) => page(asked))

  site.post('/call-back-codes/call', 'arrangements', async (asked) => {
    const call = asked.form['call'] ?? ''
    const record = callRecord(await store.events(call))
    const [reach, known] = [arrangingReach(asked.identity), directory()]
    const theirs = record && (reaches(reach, ofCall(record), known) || reaches(reachOf(asked.identity, 'calls'), ofCall(record), known))
    if (!theirs) return missing
    const made = await callBackCodes.make(actorOfIdentity(asked.identity), { call, validMinutes })
    return made.kind === 'refused' ? page(asked, [{ field: '', message: made.message }]) : shown(made.value)
  })

  site.post('/call-back-codes/thread', 'arrangements', async (asked) => {
    const { form, identity } = asked
    const [thread, to] = [(form['thread'] ?? '').trim(), (form['to'] ?? '').trim()]
    const written = (form['line'] ?? '').trim()
    const line = written === '' ? undefined : choose(linesOf(asked), written, 'line')
    // A person who sees only a part would not see a code again that belongs to no line.
    const needsLine = line === undefined && !arrangingReach(identity).everywhere
    const errors = [
      ...(thread === '' || thread.length > 200
        ? [{ field: 'thread', message: 'Enter the name of the message there, such as case 17' }]
        : []),
      ...(to === '' ? [{ field: 'to', message: 'Enter who you are calling: a telephone number, or a clinician in the directory' }] : []),
      ...(needsLine
        ? [{ field: 'line', message: 'Choose the line that was called' }]
        : line?.ok === false
          ? [{ field: 'line', message: line.message }]
          : []),
    ]
    if (errors.length > 0) return page(asked, errors)
    const known = directory()
    const named = /^[+(]?\d/.test(to) ? undefined : choose([...known.clinicians.values()], to, 'clinician')
    if (named?.ok === false) return page(asked, [{ field: 'to', message: named.message }])
    const made = await callBackCodes.make(actorOfIdentity(identity), {
      thread,
      to: named?.id ?? to,
      ...(line?.ok ? { line: line.id } : {}),
      validMinutes,
    })
    if (made.kind === 'refused')
      return page(asked, [
        made.field === 'to'
          ? {
              field: 'to',
              message:
                'Enter a telephone number that may be dialled, such as 01632 960889, or a clinician who has a number in the directory',
            }
          : asFieldError(made),
      ])
    return shown(made.value)
  })

  site.post('/call-back-codes/:id/cancel', 'arrangements', (asked) =>
    about(asked, async ({ id }) => {
      const cancelled = await callBackCodes.cancel(actorOfIdentity(asked.identity), id)
      return cancelled.kind === 'refused'
        ? page(asked, [{ field: '', message: cancelled.message }])
        : goTo('/call-back-codes', 'codeCancelled')
    }),
  )

  function shown({ id, code, number, expiresAt, asked }: CallBackCodeWithCode): Answer {
    const who = 'clinician' in asked ? (directory().clinicians.get(asked.clinician)?.name ?? asked.clinician) : 'the person who asked'
    return view('call-back-code.njk', 'Start call', { id, code, number: showNumber(number), expiresAt, who })
  }

  async function about({ identity, params }: Asked, work: (one: CallBackCode) => Promise<Answer>): Promise<Answer> {
    const found = await callBackCodes.find(params['id'] ?? '')
    if (found.kind === 'refused') return notFound(found)
    return seesArrangement(arrangingReach(identity), found.value, directory()) ? work(found.value) : missing
  }

  /** The latest calls to the person's advice lines that they may ring back about. */
  async function pastCalls({ identity }: Asked) {
    const known = directory()
    const parts = withinReach(identity, 'calls', known)
    if (parts?.length === 0) return []
    const { calls } = await store.calls({ limit: maxLookedAt, ...(parts === undefined ? {} : { within: parts }) })
    return calls
      .filter((call) => canBeRungBack(call, known))
      .slice(0, maxShown)
      .map(({ callId, arrivedAt, line, organisation, callerNumber, acceptedBy }) => ({
        ...{ callId, arrivedAt, caller: maskedTarget(callerNumber), acceptedBy },
        line: known.lines.get(line ?? '')?.name ?? line,
        organisation: organisation === null ? '' : (known.organisations.get(organisation)?.name ?? organisation),
      }))
  }

  function linesOf({ identity }: Asked): readonly Choice[] {
    return choiceList(adviceLines, identity, directory()) ?? []
  }
}

/** Whether this call's caller can be rung back: it was to an advice line, is over, and has a caller's number or organisation. */
export function canBeRungBack(
  {
    kind,
    line,
    ending,
    callerNumber,
  }: {
    readonly kind: string
    readonly line?: string | null | undefined
    readonly ending?: string | null | undefined
    readonly callerNumber: string
  },
  { lines }: Directory,
): boolean {
  if ((kind !== 'dialIn' && kind !== 'line') || (ending ?? null) === null || callerNumber === '') return false
  return (line ?? null) !== null && (lines.get(line ?? '')?.kind ?? 'advice') === 'advice'
}
