import type { FastifyInstance } from 'fastify'
import { bypassDirectory } from '../operations/bypass-directory.js'
import type { AdminSettings } from './admin-settings.js'
import { refusalsOfReading } from './refusals.js'
import { count, list, object, text, textOrNull } from './schema-parts.js'

const practice = object({
  id: text('Id of the organisation', 'elm-row'),
  name: text('Its name', 'Elm Row Surgery'),
  areaName: textOrNull('Its area', 'Saltmarsh and the Levels'),
  odsCode: textOrNull('Its ODS code', 'Y90001'),
  code: textOrNull('What is keyed on one of `numbers`; null: it has none', '2101'),
  bypass: textOrNull('Its unlisted number; null: none that can be dialled from elsewhere', '01632 960201'),
  reception: textOrNull('Its reception', '01632 960301'),
})
const answer = object(
  {
    numbers: list(text('A number of the service', '01632 960098'), 'Where a practice’s code is keyed'),
    practices: list(practice, 'In the order of their names'),
    more: count('How many more there are', 0),
  },
  'Practices that specialists reach past their queue',
)
const query = {
  type: 'object',
  additionalProperties: false,
  properties: {
    search: { type: 'string', maxLength: 100, description: 'Words of the name or the area, an ODS code, or a code', examples: ['elm'] },
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'The most practices of one answer', examples: [50] },
  },
} as const

/** The bypass directory: how specialists reach a practice past its queue. */
export function bypassRoutes(app: FastifyInstance, { directory }: Pick<AdminSettings, 'directory'>): void {
  app.get<{ Querystring: { readonly search?: string; readonly limit: number } }>(
    '/api/bypass',
    {
      config: { needs: 'bypass' },
      schema: {
        operationId: 'listBypassNumbers',
        summary: 'How specialists reach a practice past its queue',
        description:
          'Each practice with its unlisted number, its reception, and the code to key on one of the service’s bypass numbers. Covers all organisations, for anyone who may see one.',
        tags: ['directory'],
        querystring: query,
        response: { 200: answer, ...refusalsOfReading('badRequest') },
      },
    },
    ({ query: asked }) => bypassDirectory(directory(), asked),
  )
}
