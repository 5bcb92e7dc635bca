import type { FastifyInstance } from 'fastify'
import { reaches } from '../accounts/identity.js'
import { entityInFile } from '../directory/file-form.js'
import type { RotaEdit, RotaOperations } from '../operations/rotas.js'
import type { DirectoryInForce } from '../versions/directory-in-force.js'
import type { FastifyRequest } from 'fastify'
import { actorOf, answerOf } from './answers.js'
import { ApiError } from './api-error.js'
import { changedAnswer } from './directory-schemas.js'
import { toldChanges } from './directory-routes.js'
import { reachHere } from './reach.js'
import { refusalsOfBody, refusalsOfReading } from './refusals.js'
import { count, flag, lineId, object, text } from './schema-parts.js'

const place = {
  type: ['string', 'object'],
  description: 'The id of a clinician, or a telephone: `{ phone, target }`',
  additionalProperties: true,
  examples: ['dr-okafor'],
} as const
const places = {
  type: 'array',
  maxItems: 100,
  description: 'The people who are rung, in order',
  items: place,
  examples: [['dr-okafor']],
} as const
const sessionFields = {
  session: { ...text('Its name', 'Day'), maxLength: 60 },
  days: { type: ['string', 'array'], description: 'Such as `mon-fri`, or a list', items: { type: 'string' }, examples: ['mon-fri'] },
  time: text('From and to; an end before the beginning is on the next day', '08:00-18:00'),
  entries: places,
} as const
const pattern = {
  type: 'array',
  maxItems: 200,
  description: 'The sessions of every week; left out: they stay',
  items: { type: 'object', additionalProperties: false, required: ['session', 'days', 'time', 'entries'], properties: sessionFields },
} as const
const changes = {
  type: 'array',
  maxItems: 2000,
  description:
    'What is otherwise on single dates, each as in a directory file (`replace`, `add`, `remove`, `reorder` or `close`); left out: they stay',
  items: {
    type: 'object',
    description: 'A change',
    required: ['date', 'session'],
    additionalProperties: true,
    examples: [{ date: '2026-12-24', session: 'Day', close: 'true' }],
  },
} as const
const params = { type: 'object', required: ['line'], properties: { line: lineId() } } as const

/** The rota of a line, for the people who keep it. */
export function rotaRoutes(app: FastifyInstance, rotas: RotaOperations, inForce: Pick<DirectoryInForce, 'current'>): void {
  const needs = { config: { needs: 'rotas' } } as const

  const theirs = (request: FastifyRequest<{ Params: { readonly line: string } }>) => {
    const { version, directory } = inForce.current()
    const { line } = request.params
    if (!directory.lines.has(line) || !reaches(reachHere(request), { line }, directory))
      throw new ApiError('entityNotFound', `The directory has no line ${line}.`)
    return { version, line, directory }
  }

  app.get<{ Params: { readonly line: string } }>(
    '/api/rotas/:line',
    {
      ...needs,
      schema: {
        operationId: 'getRota',
        summary: 'The rota of a line',
        description: 'In the words of the directory file: the sessions of every week, and what is otherwise on single dates.',
        tags: ['directory'],
        params,
        response: {
          200: object(
            {
              version: count('The version of the directory', 12),
              line: text('The line', 'cardiology'),
              pattern: {
                ...pattern,
                items: {
                  ...pattern.items,
                  additionalProperties: true,
                  required: [],
                  properties: {},
                  description: 'A session',
                  examples: [{ session: 'Day', days: 'mon-fri', time: '08:00-18:00', entries: ['dr-okafor'] }],
                },
              },
              changes,
            },
            'The rota',
          ),
          ...refusalsOfReading('badRequest', 'entityNotFound', 'storeUnavailable'),
        },
      },
    },
    (request) => {
      const { version, line, directory } = theirs(request)
      return { version, line, pattern: [], changes: [], ...entityInFile(directory, { section: 'rotas', id: line }) }
    },
  )

  app.put<{ Params: { readonly line: string }; Body: RotaEdit & { readonly check?: boolean } }>(
    '/api/rotas/:line',
    {
      ...needs,
      schema: {
        operationId: 'changeRota',
        summary: 'Change the rota of a line',
        description:
          'Its weekly pattern, its changes for single dates, or both, each as a whole. Against the version that was looked at: what others have changed since stays, as far as it is something else. Calls that begin from then on go by it.',
        tags: ['directory'],
        params,
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['version'],
          properties: {
            version: {
              type: 'integer',
              minimum: 1,
              maximum: 999_999_999,
              description: 'The version of the directory that was looked at',
              examples: [12],
            },
            pattern,
            changes,
            why: {
              type: 'string',
              minLength: 1,
              maxLength: 500,
              description: 'The reason, for the record',
              examples: ['Dr Lind is on leave'],
            },
            check: { ...flag('True: nothing is changed; what would be is answered'), default: false },
          },
        },
        response: {
          200: changedAnswer,
          ...refusalsOfBody('entityNotFound', 'staleVersion', 'directoryConflict', 'directoryInvalid', 'storeUnavailable'),
        },
      },
    },
    async (request) => {
      const { line } = theirs(request)
      const { check = false, ...edit } = request.body
      const edited = answerOf(await (check ? rotas.check(line, edit) : rotas.change(actorOf(request), line, edit)))
      return { version: edited.version, ...toldChanges(edited.changes) }
    },
  )
}
