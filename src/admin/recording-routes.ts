import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { RecordingRecord } from '../facts/recording-record.js'
import type { Unreadable } from '../recordings/stored-recording.js'
import type { AdminSettings } from './admin-settings.js'
import { ApiError } from './api-error.js'
import { byteRange } from './byte-range.js'
import { asked } from './call-routes.js'
import type { Looks } from './looks.js'
import { refusalsOfReading } from './refusals.js'
import { callParams, recordingQuery } from './schemas.js'

interface RecordingQuery {
  readonly number?: number
  readonly download?: boolean
}

interface Asked {
  readonly Params: { readonly id: string }
  readonly Querystring: RecordingQuery
}

/** The MP3 of a call, whole or in parts, so that a player can jump. */
export function recordingRoutes(
  app: FastifyInstance,
  { store, recordings, directory, looks }: Pick<AdminSettings, 'store' | 'recordings' | 'directory'> & { readonly looks: Looks },
): void {
  const route = {
    url: '/api/calls/:id/recording.mp3',
    exposeHeadRoute: false,
    config: { needs: 'recordings' },
    async handler(request: FastifyRequest<Asked>, reply: FastifyReply) {
      const record = callRecord(await asked(store.events(request.params.id)))
      if (!record) throw new ApiError('callNotFound', `There is no call ${request.params.id}.`)
      const recording = chosenRecording(record, request.query.number)
      await looks.at(request, 'recording.heard', request.params.id)
      const tag = `"${recording.sha256 ?? ''}"`
      const opened = await recordings.open({ recordingId: recording.recordingId, path: recording.path ?? '', bytes: recording.bytes ?? 0 })
      if (opened.kind !== 'open') throw unreadable(opened)
      const { size } = opened
      const lineName = record.line === undefined ? undefined : directory().lines.get(record.line)?.name
      headers(reply, { tag, name: fileName(record, lineName), download: request.query.download ?? false })
      if (matches(request.headers['if-none-match'], tag)) {
        await opened.close()
        return reply.status(304).send()
      }

      const fresh = request.headers['if-range'] === undefined || request.headers['if-range'] === tag
      const range = byteRange(fresh ? request.headers.range : undefined, size)
      if (range.kind === 'unsatisfiable') {
        await opened.close()
        withoutHeaders(reply).header('content-range', `bytes */${size}`)
        throw new ApiError('rangeNotSatisfiable', `The recording has ${size} bytes.`)
      }
      const { first, last } = range.kind === 'part' ? range : { first: 0, last: size - 1 }
      if (range.kind === 'part') reply.status(206).header('content-range', `bytes ${first}-${last}/${size}`)
      reply.header('content-length', last - first + 1)
      if (request.method === 'HEAD') {
        await opened.close()
        return reply.send()
      }
      const sound = await opened.stream(first, last)
      if ('kind' in sound) {
        withoutHeaders(reply).removeHeader('content-range').removeHeader('content-length')
        throw unreadable(sound)
      }
      return reply.send(sound)
    },
  } satisfies Omit<RouteOptions<Server, IncomingMessage, ServerResponse, Asked>, 'method'>
  const schema = { tags: ['calls'], params: callParams, querystring: recordingQuery }
  const unsatisfied = refusalsOfReading(...recordingRefusals, 'rangeNotSatisfiable')
  app.route<Asked>({
    ...route,
    method: 'GET',
    schema: {
      ...schema,
      operationId: 'getRecording',
      summary: 'The recording of a call, as MP3',
      description:
        'Of a call whose `recording.url` is not null in GET /api/calls. Left the caller, right the specialist. `Range` asks for a part (206), `If-None-Match` for nothing where it has not changed (304).',
      response: {
        200: mp3('The whole MP3'),
        206: mp3('The part that `Range` asked for'),
        304: { description: 'Not changed', type: 'null' },
        ...unsatisfied,
      },
    },
  })
  app.route<Asked>({
    ...route,
    method: 'HEAD',
    schema: {
      ...schema,
      operationId: 'getRecordingHeaders',
      summary: 'How large the recording of a call is',
      description: 'The headers of the GET, without the MP3: `content-length`, `etag`, and `content-range` where `Range` asks for a part.',
      response: {
        200: { description: 'The size of the MP3 in `content-length`', type: 'null' },
        206: { description: 'The size of the part that `Range` asked for', type: 'null' },
        304: { description: 'Not changed', type: 'null' },
        ...unsatisfied,
      },
    },
  })
}

/** Why a call's recording is unavailable. */
export const recordingRefusals = [
  'badRequest',
  'reasonNeeded',
  'callNotFound',
  'noRecording',
  'recordingNotReady',
  'recordingFailed',
  'recordingMissing',
  'recordingDeleted',
  'recordingLocked',
  'recordingDamaged',
  'storeUnavailable',
] as const

const mp3 = (description: string) => ({ description, content: { 'audio/mpeg': { schema: { type: 'string', format: 'binary' } } } })

/** The requested recording, if it can be played. @throws ApiError */
export function chosenRecording(record: CallRecord, number: number | undefined): RecordingRecord {
  const recording =
    number === undefined
      ? (record.recordings.findLast((one) => one.state === 'ready') ?? record.recordings.at(-1))
      : record.recordings[number - 1]
  if (!recording)
    throw new ApiError(
      'noRecording',
      number === undefined ? 'This call was not recorded.' : `This call has ${record.recordings.length} recordings.`,
    )
  if (recording.deleted)
    throw new ApiError(
      'recordingDeleted',
      `The recording was deleted on ${new Date(recording.deleted.at).toISOString().slice(0, 10)} (${recording.deleted.rule}); certificate ${recording.deleted.certificate}.`,
    )
  if (recording.state === 'failed')
    throw new ApiError('recordingFailed', `There is no MP3 of this recording: ${recording.why ?? 'it failed'}.`)
  if (recording.state !== 'ready')
    throw new ApiError(
      'recordingNotReady',
      recording.state === 'running' ? 'The call is still being recorded.' : 'The MP3 is being made; ask again in a moment.',
    )
  return recording
}

function headers(
  reply: FastifyReply,
  { tag, name, download }: { readonly tag: string; readonly name: string; readonly download: boolean },
): void {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\]/g, '_')
  reply
    .type('audio/mpeg')
    .header('accept-ranges', 'bytes')
    .header('etag', tag)
    // A conversation about a patient: no cache on the way keeps it, and the browser's own revalidates it.
    .header('cache-control', 'private, no-cache')
    .header(
      'content-disposition',
      `${download ? 'attachment' : 'inline'}; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    )
}

/** Date, time and line: no names. */
function fileName(record: CallRecord, lineName: string | undefined): string {
  const time = new Date(record.arrivedAt).toISOString().slice(0, 16).replace('T', ' ').replace(':', '')
  return `${time} ${(lineName ?? 'call').replaceAll(/[/\\:*?"<>|\r\n]/g, '-')}.mp3`
}

/** RFC 9110 section 13.1.2: a list of tags, or `*`; compared weakly. */
function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((one) => ['*', tag, `W/${tag}`].includes(one.trim()))
}

/** An answer without an MP3. */
function withoutHeaders(reply: FastifyReply): FastifyReply {
  return reply.removeHeader('content-disposition').removeHeader('etag').type('application/json')
}

/** As an API refusal. */
export function unreadable({ kind }: Unreadable): ApiError {
  switch (kind) {
    case 'missing':
      return new ApiError('recordingMissing', 'The recording was made, and is not there any more. The alarm is raised.')
    case 'locked':
      return new ApiError('recordingLocked', 'The recording is sealed, and its key is not at hand. The alarm is raised.')
    case 'damaged':
      return new ApiError(
        'recordingDamaged',
        'The recording is not as it was sealed: it was changed, cut off or exchanged. The alarm is raised.',
      )
  }
}
