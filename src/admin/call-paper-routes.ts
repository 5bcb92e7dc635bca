import type { FastifyInstance, FastifyRequest } from 'fastify'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { CallEvent } from '../facts/events.js'
import { withPatient } from '../reports/arranged-patients.js'
import { storyOf } from '../reports/call-story.js'
import { clockInto, durationInWords } from '../reports/durations.js'
import { ofCall, seesPatient } from '../accounts/reach-of-calls.js'
import { recordLines, recordText } from '../reports/record-text.js'
import type { ReportDesk } from '../reports/report-desk.js'
import type { AdminSettings } from './admin-settings.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'
import type { Looks } from './looks.js'
import { refusalsOfReading } from './refusals.js'
import { callParams } from './schemas.js'

interface Asked {
  readonly Params: { readonly id: string }
}

const instant = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/London' })

/** One call on paper, and as a block of text for another system. */
export function callPaperRoutes(
  app: FastifyInstance,
  {
    store,
    arranged,
    directory,
    looks,
    desk,
    now = Date.now,
  }: Pick<AdminSettings, 'store' | 'arranged' | 'directory' | 'now'> & { readonly looks: Looks; readonly desk: ReportDesk },
): void {
  /** Audited before it is given. */
  async function seen(
    request: FastifyRequest<Asked>,
  ): Promise<{ readonly record: CallRecord; readonly events: readonly CallEvent[]; readonly patient: boolean }> {
    const { id } = request.params
    const events = await asked(store.events(id))
    const record = callRecord(events)
    if (!record) throw new ApiError('callNotFound', `There is no call ${id}.`)
    await looks.at(request, 'call.seen', id)
    const patient = seesPatient(request.identity, ofCall(record), directory()) && !(await looks.needsReason(request, id, 'recordings'))
    return { record: patient ? await asked(withPatient({ arranged }, record)) : record, events, patient }
  }

  app.get<Asked>(
    '/api/calls/:id/record.txt',
    {
      config: { needs: 'calls' },
      schema: {
        operationId: 'getCallText',
        summary: 'One call as text for a patient’s record',
        description:
          'A line for each item that goes into the GP’s own system: when, from whom, which line, who advised, how long, the outcome. The NHS number is included for people who may see patient data.',
        tags: ['calls'],
        params: callParams,
        response: {
          200: {
            description: 'The text',
            content: {
              'text/plain': {
                schema: { type: 'string' },
                example:
                  'Call: Call from a Dial-In number\nLine: Cardiology, St Bride’s Hospital\nOutcome: Referral avoided (left by the caller)\n',
              },
            },
          },
          ...refusalsOfReading('badRequest', 'reasonNeeded', 'callNotFound', 'storeUnavailable'),
        },
      },
    },
    async (request, reply) => {
      const { record, patient } = await seen(request)
      return reply
        .type('text/plain; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(recordText(record, directory(), patient))
    },
  )

  app.get<Asked>(
    '/api/calls/:id/record.pdf',
    {
      config: { needs: 'calls' },
      schema: {
        operationId: 'getCallPdf',
        summary: 'One call as a PDF for a patient’s record',
        description:
          'What GET /api/calls/{id}/record.txt says, and what happened in the call: with its fonts, and tagged for screen readers.',
        tags: ['calls'],
        params: callParams,
        response: {
          200: { description: 'The PDF', content: { 'application/pdf': { schema: { type: 'string' }, example: '%PDF-1.7 ...' } } },
          ...refusalsOfReading('badRequest', 'reasonNeeded', 'callNotFound', 'storeUnavailable'),
        },
      },
    },
    async (request, reply) => {
      const { record, events, patient } = await seen(request)
      const known = directory()
      const line = record.line === undefined ? undefined : known.lines.get(record.line)?.name
      const story = storyOf(events, known).map(({ afterMs, at, what, detail, lastsMs }) => ({
        into: afterMs === undefined ? instant.format(at) : clockInto(afterMs),
        what: `${what}${lastsMs === undefined ? '' : ` for ${durationInWords(lastsMs)}`}${detail === undefined ? '' : ` – ${detail}`}`,
      }))
      const pdf = await desk.pdf({
        title: `${line ?? 'Call'}, ${instant.format(record.arrivedAt)}`,
        lines: recordLines(record, known, patient),
        story,
        foot: `Ringround, call ${record.callId}, as of ${instant.format(now())}`,
        madeAt: now(),
      })
      return reply
        .type('application/pdf')
        .header('cache-control', 'no-store')
        .header('content-disposition', `attachment; filename="call-${record.callId.replaceAll(/[^\w.-]/g, '-')}.pdf"`)
        .send(Buffer.from(pdf))
    },
  )
}
