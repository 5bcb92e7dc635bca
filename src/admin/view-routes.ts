import type { FastifyInstance, FastifyRequest } from 'fastify'
import { keepView, removeView, viewsOf, type SavedView } from '../accounts/saved-views.js'
import { askedString } from '../reports/query-string.js'
import { byOf } from '../web/gate.js'
import type { AdminSettings } from './admin-settings.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'
import { list, object, text } from './schema-parts.js'

const view = object(
  {
    view: text('Id of the view', '5f0c2a9d-2f0c-4d3a-9a51-b0a1d4a26f1c'),
    name: text('Its name', 'Cardiology, unanswered'),
    query: text('What GET /api/calls is asked, as a query string', 'days=7&line=cardiology&answered=false'),
  },
  'A saved view',
)
const params = {
  type: 'object',
  required: ['view'],
  properties: {
    view: {
      type: 'string',
      minLength: 1,
      maxLength: 100,
      description: 'The id of a view; GET /api/views lists them',
      examples: ['5f0c2a9d-2f0c-4d3a-9a51-b0a1d4a26f1c'],
    },
  },
} as const
const body = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'query'],
  properties: {
    name: {
      type: 'string',
      minLength: 1,
      maxLength: 80,
      description: 'Its name; a view of this name gives way to it',
      examples: ['Cardiology, unanswered'],
    },
    query: {
      type: 'string',
      maxLength: 1000,
      description: 'Filters and order of GET /api/calls as a query string; others are left out',
      examples: ['days=7&line=cardiology&answered=false'],
    },
  },
} as const

/** Saved lists of calls: each person and each program has its own. */
export function viewRoutes(app: FastifyInstance, { accounts }: Pick<AdminSettings, 'accounts'>): void {
  const ownerOf = (request: FastifyRequest) => byOf(request).actor

  app.get(
    '/api/views',
    {
      config: { needs: 'calls' },
      schema: {
        operationId: 'listViews',
        summary: 'Your saved views of the calls report',
        description: 'Your saved views, by name: a name, and the query for GET /api/calls.',
        tags: ['calls'],
        response: { 200: object({ views: list(view, 'By their names') }, 'The saved views'), ...refusalsOfReading('storeUnavailable') },
      },
    },
    async (request) => ({ views: (await asked(viewsOf(accounts.reading, ownerOf(request)))).map(shown) }),
  )

  app.post<{ Body: { readonly name: string; readonly query: string } }>(
    '/api/views',
    {
      config: { needs: 'calls' },
      schema: {
        operationId: 'makeView',
        summary: 'Save a view of the calls report',
        description:
          'Under a name, for you alone; it replaces a view of yours with the same name. Give `days` rather than dates for a view that moves with time.',
        tags: ['calls'],
        body,
        response: { 201: view, ...refusalsOfBody('storeUnavailable') },
      },
    },
    async (request, reply) => {
      const { name, query } = request.body
      const kept = await asked(
        keepView(
          accounts.writing,
          ownerOf(request),
          { name: name.trim(), query: askedString(Object.fromEntries(new URLSearchParams(query)), ['number']) },
          accounts.now(),
        ),
      )
      if (!kept) throw new ApiError('badRequest', 'name: you have 100 views, which is the most; remove one first.', 'name')
      return reply.status(201).send(shown(kept))
    },
  )

  app.delete<{ Params: { readonly view: string } }>(
    '/api/views/:view',
    {
      config: { needs: 'calls' },
      schema: {
        operationId: 'removeView',
        summary: 'Remove a saved view',
        description: 'A view of your own: nobody else has it, so nobody else misses it.',
        tags: ['calls'],
        params,
        response: { 204: { description: 'It is removed', type: 'null' }, ...refusalsOfChanging('viewNotFound', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      if (!(await asked(removeView(accounts.writing, ownerOf(request), request.params.view))))
        throw new ApiError('viewNotFound', `You have no view ${request.params.view}. GET /api/views lists yours.`)
      return reply.status(204).send()
    },
  )
}

function shown({ id, name, query }: SavedView): object {
  return { view: id, name, query }
}
