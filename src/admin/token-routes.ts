import type { FastifyInstance } from 'fastify'
import type { Token } from '../accounts/identity.js'
import { permissionNames, scopeName } from '../accounts/roles.js'
import type { Operations } from '../operations/operations.js'
import { longestTokenDays } from '../operations/tokens.js'
import { byOf } from '../web/gate.js'
import { answerOf } from './answers.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'
import { instant, instantOrNull, lineId, list, object, oneOf, text } from './schema-parts.js'
import { idParam, nothing, scopeTaken } from './staff-schemas.js'

const common = {
  token: text('Its id', 'token-k7m2x9c4w5tq'),
  name: text('What it is for', 'Nightly export'),
  scopes: list(
    { type: 'string', description: '`everywhere`, `organisation:ID` or `line:ID`', examples: ['everywhere'] },
    'What it reaches',
  ),
  createdAt: instant('When it was made'),
  expiresAt: instantOrNull('When it ends by itself'),
  usedAt: instantOrNull('When it was used last'),
}
const may = list(oneOf(permissionNames, 'A permission'), 'What it is good for')
const program = object({ ...common, may }, 'A token of a program')
const screen = object(common, 'A screen on a wall')
const made = { secret: text('The token; it is shown this once', 'rr_3t0y') }
const days = {
  type: 'integer',
  minimum: 1,
  maximum: longestTokenDays,
  description: 'For how many days it is good',
  examples: [90],
} as const
const name = (example: string) =>
  ({ type: 'string', minLength: 1, maxLength: 100, description: 'What it is for', examples: [example] }) as const

/** Tokens of programs, and of screens on a wall. */
export function tokenRoutes(app: FastifyInstance, { tokens }: Pick<Operations, 'tokens'>): void {
  const needs = { config: { needs: 'tokens' } } as const
  const tags = ['people'] as const

  app.get(
    '/api/tokens',
    {
      ...needs,
      schema: {
        operationId: 'listTokens',
        summary: 'Tokens of programs that are good',
        description: 'The latest first, without their secrets.',
        tags,
        response: { 200: object({ tokens: list(program, 'Those that are good') }, 'The tokens'), ...refusalsOfReading('storeUnavailable') },
      },
    },
    async () => ({ tokens: answerOf(await tokens.list('api')).map((token) => ({ ...shown(token), may: token.permissions })) }),
  )

  app.post<{ Body: { readonly name: string; readonly may: readonly string[]; readonly scope: string; readonly days: number } }>(
    '/api/tokens',
    {
      ...needs,
      schema: {
        operationId: 'makeToken',
        summary: 'A token for a program',
        description: 'Limited to the permissions given here, and never more than its maker has. The secret is in this answer only.',
        tags,
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['name', 'may', 'scope', 'days'],
          properties: {
            name: name('Nightly export'),
            may: {
              type: 'array',
              minItems: 1,
              maxItems: permissionNames.length,
              description: 'What it is good for',
              items: { type: 'string', enum: permissionNames, description: 'A permission' },
              examples: [['metrics']],
            },
            scope: scopeTaken('What it reaches'),
            days,
          },
        },
        response: { 201: object({ ...program.properties, ...made }, 'The token'), ...refusalsOfBody('storeUnavailable') },
      },
    },
    async (request, reply) => {
      const { secret, token } = answerOf(await tokens.forProgram(byOf(request), request.identity, request.body))
      return reply.status(201).send({ ...shown(token), may: token.permissions, secret })
    },
  )

  app.delete<{ Params: { readonly token: string } }>(
    '/api/tokens/:token',
    {
      ...needs,
      schema: {
        operationId: 'removeToken',
        summary: 'End a token of a program',
        description: 'It opens nothing from then on.',
        tags,
        params: idParam('token', 'The id of a token; GET /api/tokens lists them', 'token-k7m2x9c4w5tq'),
        response: { 204: nothing('It has ended'), ...refusalsOfChanging('tokenNotFound', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      answerOf(await tokens.end(byOf(request), 'api', request.params.token))
      return reply.status(204).send()
    },
  )

  app.get(
    '/api/screens',
    {
      ...needs,
      schema: {
        operationId: 'listScreens',
        summary: 'Screens on a wall',
        description: 'Those that show the wallboard, the latest first.',
        tags,
        response: {
          200: object({ screens: list(screen, 'Those that are good') }, 'The screens'),
          ...refusalsOfReading('storeUnavailable'),
        },
      },
    },
    async () => ({ screens: answerOf(await tokens.list('kiosk')).map(shown) }),
  )

  app.post<{ Body: { readonly name: string; readonly scope: string; readonly lines?: readonly string[]; readonly days: number } }>(
    '/api/screens',
    {
      ...needs,
      schema: {
        operationId: 'makeScreen',
        summary: 'A screen on a wall',
        description:
          'Its secret, behind `/screen/` in an address, has a browser show the wallboard of its part and nothing else. It is in the answer, this once.',
        tags,
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['name', 'scope', 'days'],
          properties: {
            name: name('Control room'),
            scope: scopeTaken('What it shows'),
            lines: { type: 'array', maxItems: 100, description: 'More lines, where that is a line', items: lineId(), examples: [[]] },
            days,
          },
        },
        response: { 201: object({ ...common, ...made }, 'The screen'), ...refusalsOfBody('storeUnavailable') },
      },
    },
    async (request, reply) => {
      const { secret, token } = answerOf(await tokens.forScreen(byOf(request), { ...request.body, lines: request.body.lines ?? [] }))
      return reply.status(201).send({ ...shown(token), secret })
    },
  )

  app.delete<{ Params: { readonly token: string } }>(
    '/api/screens/:token',
    {
      ...needs,
      schema: {
        operationId: 'removeScreen',
        summary: 'End a screen',
        description: 'It shows nothing from then on.',
        tags,
        params: idParam('token', 'The id of a screen; GET /api/screens lists them', 'token-k7m2x9c4w5tq'),
        response: { 204: nothing('It has ended'), ...refusalsOfChanging('tokenNotFound', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      answerOf(await tokens.end(byOf(request), 'kiosk', request.params.token))
      return reply.status(204).send()
    },
  )
}

function shown({ id, name: called, scope, also = [], createdAt, expiresAt, usedAt }: Token): object {
  return {
    token: id,
    name: called,
    scopes: [scope, ...also].map(scopeName),
    createdAt,
    expiresAt: expiresAt ?? null,
    usedAt: usedAt ?? null,
  }
}
