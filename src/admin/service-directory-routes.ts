import type { FastifyInstance, FastifyRequest } from 'fastify'
import { reaches } from '../accounts/identity.js'
import { serviceDirectory, type ServiceDirectory } from '../operations/service-directory.js'
import { byOf } from '../web/gate.js'
import type { AdminSettings } from './admin-settings.js'
import { answerOf } from './answers.js'
import { ApiError } from './api-error.js'
import { reachHere } from './reach.js'
import { refusalsOfChanging, refusalsOfReading } from './refusals.js'
import { count, countOrNull, flag, instant, list, object, text, textOrNull } from './schema-parts.js'

const line = object({
  id: text('Id of the line', 'cardiology'),
  name: text('Its name', 'Cardiology'),
  trustName: textOrNull('Who runs it', "St Bride's Hospital"),
  code: text('What is keyed in the menu of the organisation’s Dial-In number', '21'),
  direct: list(text('A number', '01632 960021'), 'Numbers that lead to it without a menu'),
  blurb: text('For callers', 'If no response try again after 15 minutes.'),
  hours: list(text('A line of them', 'Monday to Friday 9:00 to 17:00'), 'When it is open, in words'),
  open: flag('It is open now', true),
  opening: text('Until when, or from when', 'Open until 17:00'),
  usualSeconds: countOrNull(
    'Whole seconds from the choice of the line to an answer, the mean of this hour of working days, or of weekends, in twelve months; null: too few calls to say',
    25,
  ),
  usualOf: count('Answered calls at this hour', 240),
})
const answer = object(
  {
    organisation: text('Id of the organisation', 'elm-row'),
    name: text('Its name', 'Elm Row Surgery'),
    dialIn: list(text('A number', '01632 960001'), 'Its Dial-In numbers'),
    lines: list(line, 'The advice lines that it may use, by name'),
    leastCalls: count('Fewer answered calls at an hour say nothing of `usualSeconds`', 20),
    now: instant('When it was so'),
  },
  'What the organisation can ring, as things stand now',
)
const params = {
  type: 'object',
  required: ['organisation'],
  properties: {
    organisation: {
      type: 'string',
      pattern: '^[a-z0-9][a-z0-9-]{0,99}$',
      description: 'The id of an organisation in the directory',
      examples: ['elm-row'],
    },
  },
} as const
const linkAnswer = object(
  { path: text('Where the pages are, with this behind it. Shown this once', '/services/rr_Qm9zY8sVxjv3mK2w5tA1dQ') },
  'The link, shown this once',
)

interface OfOrganisation {
  readonly Params: { readonly organisation: string }
}

/** What an organisation can ring, and a public link to that. */
export function serviceDirectoryRoutes(
  app: FastifyInstance,
  { accounts, directory, store, now = Date.now }: Pick<AdminSettings, 'accounts' | 'directory' | 'store' | 'now'>,
): void {
  app.get<OfOrganisation>(
    '/api/service-directory/:organisation',
    {
      config: { needs: 'services' },
      schema: {
        operationId: 'getServiceDirectory',
        summary: 'What an organisation can ring',
        description:
          'Its Dial-In numbers, and each line that it may use: code, direct numbers, blurb, hours, whether it is open now or when next, and how long an answer usually takes at this hour.',
        tags: ['directory'],
        params,
        response: { 200: answer, ...refusalsOfReading('badRequest', 'organisationNotFound', 'storeUnavailable') },
      },
    },
    async (request): Promise<ServiceDirectory> => {
      const { organisation } = request.params
      const found = seen(request, organisation) ? answerOf(await serviceDirectory({ directory, store, now }, organisation)) : undefined
      if (!found) throw noOrganisation(organisation)
      return found
    },
  )

  app.post<OfOrganisation>(
    '/api/service-directory/:organisation/link',
    {
      config: { needs: 'directory' },
      schema: {
        operationId: 'makeServiceDirectoryLink',
        summary: 'Make a public link to a Service Directory',
        description:
          'Anyone with the link sees this Service Directory without signing in, and nothing else. It replaces the previous link. It appears in this answer and nowhere else.',
        tags: ['directory'],
        params,
        response: { 201: linkAnswer, ...refusalsOfChanging('badRequest', 'organisationNotFound') },
      },
    },
    async (request, reply) => {
      const { organisation } = request.params
      if (!directory().organisations.has(organisation)) throw noOrganisation(organisation)
      const secret = await accounts.tokenBook.makePublicLink(byOf(request), organisation)
      return reply
        .status(201)
        .header('cache-control', 'no-store')
        .send({ path: `/services/${secret}` })
    },
  )

  app.delete<OfOrganisation>(
    '/api/service-directory/:organisation/link',
    {
      config: { needs: 'directory' },
      schema: {
        operationId: 'removeServiceDirectoryLink',
        summary: 'End the link to a Service Directory',
        description: 'It leads nowhere any more.',
        tags: ['directory'],
        params,
        response: { 204: { type: 'null', description: 'It is gone' }, ...refusalsOfChanging('badRequest', 'noPublicLink') },
      },
    },
    async (request, reply) => {
      const { organisation } = request.params
      if (!(await accounts.tokenBook.endPublicLink(byOf(request), organisation)))
        throw new ApiError(
          'noPublicLink',
          `${directory().organisations.get(organisation)?.name ?? organisation} has no link that could be ended.`,
        )
      return reply.status(204).send()
    },
  )

  /** An organisation within their reach, or one that runs a line within it. */
  function seen(request: FastifyRequest, organisation: string): boolean {
    const reach = reachHere(request)
    const known = directory()
    return reaches(reach, { organisation }, known) || [...reach.lines].some((one) => known.lines.get(one)?.trust === organisation)
  }
}

function noOrganisation(id: string): ApiError {
  return new ApiError('organisationNotFound', `The directory has no organisation "${id}".`)
}
