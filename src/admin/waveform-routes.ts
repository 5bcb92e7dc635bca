import type { FastifyInstance, FastifyRequest } from 'fastify'
import { callRecord } from '../facts/call-record.js'
import type { ReportDesk } from '../reports/report-desk.js'
import { waveformSvg, type Waveform } from '../reports/waveform.js'
import type { AdminSettings } from './admin-settings.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'
import type { Looks } from './looks.js'
import { chosenRecording, recordingRefusals, unreadable } from './recording-routes.js'
import { refusalsOfReading } from './refusals.js'
import { list, object } from './schema-parts.js'
import { callParams, waveformQuery } from './schemas.js'

interface Asked {
  readonly Params: { readonly id: string }
  readonly Querystring: { readonly number?: number }
}

const peak = { type: 'integer', description: '0 to 100 of the loudest', examples: [42] } as const
const answer = object(
  {
    seconds: { type: 'number', description: 'Length of the sound', examples: [184.1] },
    left: list(peak, 'Peaks of the caller, each of a part of the time'),
    right: list(peak, 'As many of the specialist'),
  },
  'The waveform',
)
const refusals = refusalsOfReading(...recordingRefusals)
const picture = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 160"></svg>'

/** The levels of both parties in a recording, measured in a separate thread. */
export function waveformRoutes(
  app: FastifyInstance,
  { store, recordings, looks, desk }: Pick<AdminSettings, 'store' | 'recordings'> & { readonly looks: Looks; readonly desk: ReportDesk },
): void {
  async function measured(request: FastifyRequest<Asked>): Promise<Waveform> {
    const { id } = request.params
    const record = callRecord(await asked(store.events(id)))
    if (!record) throw new ApiError('callNotFound', `There is no call ${id}.`)
    const { recordingId, path = '', bytes = 0, sha256 = '' } = chosenRecording(record, request.query.number)
    await looks.at(request, 'call.seen', id)
    return desk.waveform(`${recordingId} ${sha256}`, async () => {
      const opened = await recordings.open({ recordingId, path, bytes })
      if (opened.kind !== 'open') throw unreadable(opened)
      const sound = await opened.stream(0, opened.size - 1)
      if ('kind' in sound) throw unreadable(sound)
      return sound
    })
  }

  const schema = { tags: ['calls'], params: callParams, querystring: waveformQuery }
  app.get<Asked>(
    '/api/calls/:id/waveform',
    {
      config: { needs: 'recordings' },
      schema: {
        ...schema,
        operationId: 'getWaveform',
        summary: 'How loud the two voices of a recording are over its time',
        description:
          'Peaks by channel, at most 480 of each: left the caller, right the specialist. Measured when it is first asked for, in a thread of its own.',
        response: { 200: answer, ...refusals },
      },
    },
    async (request, reply) => {
      void reply.header('cache-control', 'no-store')
      return measured(request)
    },
  )
  app.get<Asked>(
    '/api/calls/:id/waveform.svg',
    {
      config: { needs: 'recordings' },
      schema: {
        ...schema,
        operationId: 'getWaveformAsSvg',
        summary: 'The waveform of a recording as a picture',
        description: 'As GET /api/calls/{id}/waveform, drawn: the caller above, the specialist below.',
        response: {
          200: { description: 'The picture', content: { 'image/svg+xml': { schema: { type: 'string' }, example: picture } } },
          ...refusals,
        },
      },
    },
    async (request, reply) =>
      reply
        .type('image/svg+xml')
        .header('cache-control', 'no-store')
        .send(waveformSvg(await measured(request))),
  )
}
