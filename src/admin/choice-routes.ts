import type { FastifyInstance } from 'fastify'
import { choiceList, choiceListNames } from '../web/choice-lists.js'
import { fitting, writtenAs } from '../web/choices.js'
import type { AdminSettings } from './admin-settings.js'
import { ApiError } from './api-error.js'
import { refusalsOfReading } from './refusals.js'
import { count, list, object, oneOf, text, textOrNull } from './schema-parts.js'

const [needs, kinds] = [0, 1].map((part) => [...new Set(choiceListNames.map((name) => name.split('/')[part] ?? ''))]) as [
  string[],
  string[],
]
const params = {
  ...object({ needs: oneOf(needs, 'What it is chosen for: a permission of the person who asks'), kind: oneOf(kinds, 'What is chosen') }),
  required: ['needs', 'kind'],
} as const
const query = {
  type: 'object',
  additionalProperties: false,
  properties: {
    search: { type: 'string', maxLength: 100, description: 'Beginnings of words of a name, a role, a code or an id', examples: ['okaf'] },
    limit: { type: 'integer', minimum: 1, maximum: 50, default: 10, description: 'The most choices of one answer', examples: [10] },
  },
} as const
const answer = object(
  {
    choices: list(
      object({
        id: text('What is sent where it is chosen', 'dr-okafor'),
        name: text('Its name', 'Dr Ada Okafor'),
        about: textOrNull('What else tells it apart: a role, an ODS code', 'Consultant cardiologist'),
        written: text('What a field of a form says: the name, or the id where several have this name', 'Dr Ada Okafor'),
      }),
      'Those that fit, names that begin so first',
    ),
    more: count('How many more there are', 0),
  },
  'What can be chosen',
)

/** What fields with long lists are typed from. Nobody is offered what they could not choose. */
export function choiceRoutes(app: FastifyInstance, { directory }: Pick<AdminSettings, 'directory'>): void {
  app.get<{
    Params: { readonly needs: string; readonly kind: string }
    Querystring: { readonly search?: string; readonly limit: number }
  }>(
    '/api/choices/:needs/:kind',
    {
      config: { needs: 'known' },
      schema: {
        operationId: 'listChoices',
        summary: 'What of the directory can be chosen for something',
        description:
          'Clinicians, lines, organisations, as far as the person may choose them for it, found by the beginnings of their words. Pages ask it while a person types.',
        tags: ['directory'],
        params,
        querystring: query,
        response: { 200: answer, ...refusalsOfReading('badRequest', 'choicesNotFound') },
      },
    },
    ({ params: of, query: { search = '', limit }, identity }) => {
      const name = `${of.needs}/${of.kind}`
      const all = choiceList(name, identity, directory())
      if (!all) throw new ApiError('choicesNotFound', `There are no choices "${name}", or they are not yours to choose from.`)
      const found = fitting(all, search)
      return {
        choices: found
          .slice(0, limit)
          .map(({ id, name: called, about }) => ({ id, name: called, about: about ?? null, written: writtenAs(all, id) })),
        more: Math.max(0, found.length - limit),
      }
    },
  )
}
