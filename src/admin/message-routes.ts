import type { FastifyInstance } from 'fastify'
import type { MessageOperations } from '../operations/messages.js'
import { messageKinds, messageStates, type KeptMessage, type MessageState } from '../outbox/message.js'
import { byOf } from '../web/gate.js'
import { answerOf } from './answers.js'
import { ApiError } from './api-error.js'
import { refusalsOfChanging, refusalsOfReading } from './refusals.js'
import { count, instant, instantOrNull, list, object, oneOf, text, textOrNull } from './schema-parts.js'
import { idParam, nothing } from './staff-schemas.js'

const message = object(
  {
    message: text('Its id', '5f0c2a9d-2f0c-4d3a-9a51-b0a1d4a26f1c'),
    person: text('Id of the recipient', 'person-k7m2x9c4w5tq'),
    kind: oneOf(messageKinds, 'What it is'),
    state: oneOf(messageStates, 'What has become of it'),
    createdAt: instant('When it was put in'),
    dueAt: instantOrNull('When it is tried next'),
    tries: count('How often it was tried', 1),
    sentAt: instantOrNull('When it was sent'),
    trouble: textOrNull('What went wrong last', '451 come back later'),
  },
  'A message',
)
const params = idParam('message', 'The id of a message; GET /api/outbox lists them', '5f0c2a9d-2f0c-4d3a-9a51-b0a1d4a26f1c')

/** Automatic messages. */
export function messageRoutes(app: FastifyInstance, messages: MessageOperations): void {
  const needs = { config: { needs: 'outbox' } } as const
  const tags = ['people'] as const

  app.get<{ Querystring: { readonly limit: number; readonly state?: MessageState; readonly cursor?: string } }>(
    '/api/outbox',
    {
      ...needs,
      schema: {
        operationId: 'listMessages',
        summary: 'Messages that go out by themselves',
        description:
          'Invitations, links, alarms and figures by e-mail, notices in browsers (`push`), the latest first, with the status of each, but not their text. `nextCursor` leads to the next page.',
        tags,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            limit: { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'How many on a page', examples: [50] },
            state: { type: 'string', enum: messageStates, description: 'Those alone of which this has become', examples: ['failed'] },
            cursor: { type: 'string', maxLength: 100, description: '`nextCursor` of the page before' },
          },
        },
        response: {
          200: object(
            {
              messages: list(message, 'The latest first'),
              nextCursor: textOrNull('Leads to the next page; null: this is the last', '1772443800000.5f0c2a9d'),
            },
            'A page of them',
          ),
          ...refusalsOfReading('badRequest', 'storeUnavailable'),
        },
      },
    },
    async ({ query: { limit, state, cursor } }) => {
      const [, at, id] = /^(\d{1,15})\.([\w-]{1,80})$/.exec(cursor ?? '') ?? []
      if (cursor !== undefined && (at === undefined || id === undefined))
        throw new ApiError('badRequest', 'cursor is none that this API gave out; leave it out to begin at the first page.', 'cursor')
      const found = answerOf(
        await messages.list(limit + 1, state, at === undefined || id === undefined ? undefined : { createdAt: Number(at), id }),
      )
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1) : undefined
      return { messages: page.map(shown), nextCursor: last === undefined ? null : `${last.createdAt}.${last.id}` }
    },
  )

  app.post<{ Params: { readonly person: string } }>(
    '/api/people/:person/test-email',
    {
      ...needs,
      schema: {
        operationId: 'startTestMessage',
        summary: 'Send a person a test email',
        description: 'Goes through the outbox like every message: it shows whether the mail server takes it.',
        tags,
        params: idParam('person', 'The id of a person; GET /api/people lists them', 'person-k7m2x9c4w5tq'),
        response: { 204: nothing('It is in the outbox'), ...refusalsOfChanging('personNotFound', 'notMailable', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      answerOf(await messages.test(byOf(request), request.params.person))
      return reply.status(204).send()
    },
  )

  app.post<{ Params: { readonly message: string } }>(
    '/api/outbox/:message/again',
    {
      ...needs,
      schema: {
        operationId: 'startMessageAgain',
        summary: 'Send a message now',
        description: 'One that waits, was given up or was stopped is tried at once.',
        tags,
        params,
        response: { 204: nothing('It is being sent'), ...refusalsOfChanging('messageNotFound', 'messageGone', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      answerOf(await messages.again(byOf(request), request.params.message))
      return reply.status(204).send()
    },
  )

  app.post<{ Params: { readonly message: string } }>(
    '/api/outbox/:message/stop',
    {
      ...needs,
      schema: {
        operationId: 'cancelMessage',
        summary: 'Stop a message that has not gone',
        description: 'It may be sent again later.',
        tags,
        params,
        response: { 204: nothing('It is stopped'), ...refusalsOfChanging('messageNotFound', 'messageGone', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      answerOf(await messages.stop(byOf(request), request.params.message))
      return reply.status(204).send()
    },
  )
}

function shown({ id, person, message: { kind }, state, createdAt, dueAt, tries, sentAt, trouble }: KeptMessage): object {
  return {
    message: id,
    person,
    kind,
    state,
    createdAt,
    dueAt: state === 'waiting' ? dueAt : null,
    tries,
    sentAt: sentAt ?? null,
    trouble: trouble ?? null,
  }
}
