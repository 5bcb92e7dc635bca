import type { FastifyInstance } from 'fastify'
import { callRecord, type CallRecord } from '../calls/call-record.js'
import type { ArrangedCalls, CallBackCodeRequest } from '../arrangements/arranged-calls.js'
import type { Directory } from '../directory/model.js'
import { oneForm, readNumber } from '../directory/telephone-number.js'
import type { Target } from '../switch/port.js'
import type { AdminSettings } from './admin.js'
import { ApiError } from './api-error.js'
import { changed, found, usedUp } from './arrangement-answers.js'
import { arrangementFilter, bad, dialableNumber, knownClinician, knownLine, type ArrangementsQuery } from './arrangement-input.js'
import { arrangementParams as paramsOf, arrangementsQuery, callBackCodeAnswer, callBackCodeBody, callBackCodesAnswer, codeAnswer, gone, minutes } from './arrangement-schemas.js'
import { callBackCodeView, wholeCallBackCode } from './arrangement-view.js'
import { asked } from './call-routes.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'

interface CallBackCodeBody {
  readonly call?: string
  readonly thread?: string
  readonly to?: string
  readonly line?: string
  readonly number?: string
  readonly validMinutes?: number
}

interface OfId {
  readonly Params: { readonly id: string }
}

type Wanted = Pick<CallBackCodeRequest, 'about' | 'asked' | 'line' | 'organisation'>

/** Four-digit codes: whoever keys one, on its number and in time, is connected to the clinician who had asked for advice. */
export function callBackCodeRoutes(app: FastifyInstance, { arranged, store, directory, timeZone = 'Europe/London', now = Date.now }: Pick<AdminSettings, 'arranged' | 'store' | 'directory' | 'timeZone' | 'now'>): void {
  const tags = ['arrangements']
  const params = paramsOf('/api/call-back-codes')

  app.post<{ Body: CallBackCodeBody }>(
    '/api/call-back-codes',
    {
      schema: {
        operationId: 'makeCallBackCode',
        summary: 'Make a code for a past call, or for a thread elsewhere',
        description: 'A four-digit code, good once, on one number, for minutes. The caller who keys it is connected to the clinician who had asked for advice. Either `call`, or `thread` and `to`. The code is in this answer and in no other.',
        tags,
        body: callBackCodeBody,
        response: { 201: codeAnswer, ...refusalsOfBody('callNotFound', 'noAdviceCall', 'notDialable', 'codesUsedUp', 'storeUnavailable') },
      },
    },
    async ({ body }, reply) => {
      const wanted = body.call !== undefined ? await ofCall(body.call, body) : ofThread(body)
      const number = body.number === undefined ? leastUsed(directory(), arranged) : numberForCodes(directory(), body.number)
      const result = await asked(arranged.makeCallBackCode({ ...wanted, number, validMs: (body.validMinutes ?? minutes.code.usual) * 60_000 }))
      if (result.kind === 'usedUp') throw usedUp(`codes of ${number}`)
      const { id, code, expiresAt } = result.arrangement
      return reply.status(201).headers({ location: `/api/call-back-codes/${id}`, 'cache-control': 'no-store' }).send({ id, code, number, expiresAt })
    },
  )

  app.get<{ Querystring: ArrangementsQuery }>(
    '/api/call-back-codes',
    {
      schema: {
        operationId: 'listCallBackCodes',
        summary: 'Call-back codes, what runs out last first',
        description: 'All that are not settled, and those settled in the last three days; older ones are found by their id. Without the codes themselves.',
        tags,
        querystring: arrangementsQuery,
        response: { 200: callBackCodesAnswer, ...refusalsOfReading('badRequest') },
      },
    },
    ({ query }) => {
      const page = arranged.list(arrangementFilter('callBackCode', query, timeZone))
      return { arrangements: page.arrangements.flatMap((one) => (one.kind === 'callBackCode' ? [callBackCodeView(one, directory(), now())] : [])), nextCursor: page.nextCursor ?? null }
    },
  )

  app.get<OfId>(
    '/api/call-back-codes/:id',
    {
      schema: {
        operationId: 'getCallBackCode',
        summary: 'One call-back code, with the call that used it',
        description: 'Which call, thread or clinician it is for, how long it is good, and the call that used it. Without the code itself.',
        tags,
        params,
        response: { 200: callBackCodeAnswer, ...refusalsOfReading('badRequest', 'arrangementNotFound', 'storeUnavailable') },
      },
    },
    async ({ params: { id } }) => wholeCallBackCode(await found(arranged, 'callBackCode', id), directory(), now()),
  )

  app.delete<OfId>(
    '/api/call-back-codes/:id',
    {
      schema: {
        operationId: 'cancelCallBackCode',
        summary: 'Cancel a call-back code',
        description: 'The code opens nothing any more. Not while a call carries it.',
        tags,
        params,
        response: { ...gone, ...refusalsOfChanging('badRequest', 'arrangementNotFound', 'notOpen', 'storeUnavailable') },
      },
    },
    async ({ params: { id } }, reply) => {
      await found(arranged, 'callBackCode', id)
      changed(await asked(arranged.settle(id, 'cancelled')), id)
      return reply.status(204).send()
    },
  )

  /** Whoever asked for advice in a past call, on the telephone that they rang from. */
  async function ofCall(callId: string, { thread, to, line }: CallBackCodeBody): Promise<Wanted> {
    if (thread !== undefined || to !== undefined || line !== undefined) throw bad('`call` says by itself who is reached; `thread`, `to` and `line` belong to a thread elsewhere.', 'call')
    const record = callRecord(await asked(store.events(callId)))
    if (!record) throw new ApiError('callNotFound', `There is no call ${callId}.`, 'call')
    if (record.ending === undefined) throw bad(`Call ${callId} is still on the line.`, 'call')
    const { callerNumber, device, organisation } = record
    askedForAdvice(record)
    return {
      about: { call: callId },
      asked: { target: device === undefined ? callersTelephone(callerNumber) : { kind: 'device', user: device } },
      ...(record.line === undefined ? {} : { line: record.line }),
      ...(organisation === undefined ? {} : { organisation }),
    }
  }

  /** @throws ApiError 409: nobody asked for advice in that call */
  function askedForAdvice({ callId, kind, line, lineChosenAt }: CallRecord): void {
    const patients = (kind !== 'dialIn' && kind !== 'line') || (line !== undefined && (directory().lines.get(line)?.kind ?? 'advice') !== 'advice')
    if (patients) throw new ApiError('noAdviceCall', `Call ${callId} was no call to an advice line; codes are for whoever asked for advice. For a patient make a call-back.`)
    if (lineChosenAt === undefined) throw new ApiError('noAdviceCall', `Call ${callId} reached no line: it was refused, or ended before; nobody asked for advice in it.`)
  }

  function callersTelephone(callerNumber: string): Target {
    const reading = readNumber(oneForm(callerNumber))
    if (!reading.ok) throw new ApiError('notDialable', callerNumber === '' ? 'The caller of that call withheld their number; nobody can be reached there.' : `The caller's number "${callerNumber}" of that call is no telephone number; nobody can be reached there.`)
    if (!arranged.mayDial(reading.number)) throw new ApiError('notDialable', 'The caller\'s number of that call lies outside the ranges that may be dialled (setting calls.dialable).')
    return { kind: 'number', number: reading.number }
  }

  function ofThread({ thread, to, line }: CallBackCodeBody): Wanted {
    if (thread === undefined || to === undefined) throw bad('What is the code for? Either `call` (a past call), or `thread` and `to` (id of a clinician, or a telephone number).', 'call')
    const clinician = directory().clinicians.has(to) ? knownClinician(directory(), to, 'to') : undefined
    return {
      about: { thread },
      asked: clinician ? { clinician: clinician.id } : { target: { kind: 'number', number: dialableNumber(to, 'to', (number) => arranged.mayDial(number)) } },
      ...(line === undefined ? {} : { line: knownLine(directory(), line).id }),
    }
  }
}

/** A number of the directory on which codes can be keyed. */
function numberForCodes(directory: Directory, text: string): string {
  for (const { number, use } of directory.numbers.values()) if ((use.kind === 'callBackCode' || use.kind === 'dialIn') && oneForm(number) === oneForm(text)) return number
  throw bad(`No code can be keyed on "${text}": in the directory it is neither a number for call-back codes nor a Dial-In number.`, 'number')
}

/** Codes are spread over the numbers for them: the fewer there are on one, the harder it is to guess one. */
function leastUsed(directory: Directory, arranged: ArrangedCalls): string {
  const numbers = [...directory.numbers.values()].filter(({ use }) => use.kind === 'callBackCode').map(({ number }) => ({ number, used: arranged.codesInUse(number) }))
  const best = numbers.reduce<(typeof numbers)[number] | undefined>((least, one) => (least === undefined || one.used < least.used ? one : least), undefined)
  if (!best) throw bad('The directory has no number for call-back codes (`numbers:` with the use `callBackCode`); name a Dial-In number in `number`.', 'number')
  return best.number
}
