import type { FastifyInstance } from 'fastify'
import type { Grant, Person } from '../accounts/identity.js'
import { isApproved, roleNames, scopeName } from '../accounts/roles.js'
import type { Operations } from '../operations/operations.js'
import { byOf } from '../web/gate.js'
import { answerOf } from './answers.js'
import { ApiError } from './api-error.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'
import { clinicianId, flag, instant, instantOrNull, list, object, oneOf, text, textOrNull } from './schema-parts.js'
import { idParam, nothing, scopeTaken } from './staff-schemas.js'

const role = object(
  {
    grant: text('Id of the role that they have', 'grant-k7m2x9c4w5tq'),
    role: oneOf(roleNames, 'Which role'),
    scope: text('What it is for: `everywhere`, `organisation:ID` or `line:ID`', 'line:cardiology'),
    since: instant('When it was given'),
    endsAt: instantOrNull('When it ends by itself'),
  },
  'A role that they have now',
)
const person = object(
  {
    person: text('Their id', 'person-k7m2x9c4w5tq'),
    name: text('Their name', 'Mary Lowe'),
    email: textOrNull('Their email address', 'mary.lowe@example.nhs.uk'),
    clinician: textOrNull('The clinician of the directory whose calls are theirs', 'dr-okafor'),
    createdAt: instant('When they were invited'),
    maySignIn: flag('Whether they may sign in', true),
    roles: list(role, 'Their roles'),
  },
  'A person who may sign in',
)
const params = idParam('person', 'The id of a person; GET /api/people lists them', 'person-k7m2x9c4w5tq')
const link = object(
  {
    link: textOrNull(
      'The address that signs them in, once; shown this once. Null: it was sent to them',
      'https://advice.example.nhs.uk/sign-in/link/0b7a',
    ),
  },
  'The link',
)
const givenRoles = roleNames.filter((name) => !isApproved(name))

export interface PeopleRoutesOptions {
  /** The pages' base URL, without a trailing slash; undefined: the host of the request. */
  readonly publicUrl?: string | undefined
}

interface Of {
  readonly Params: { readonly person: string }
}

/** The people who may sign in, and their roles. */
export function peopleRoutes(app: FastifyInstance, { people }: Pick<Operations, 'people'>, { publicUrl }: PeopleRoutesOptions): void {
  const needs = { config: { needs: 'people' } } as const
  const tags = ['people'] as const
  const linkOf = (request: { readonly protocol: string; readonly host: string }, secret: string | undefined) => ({
    link: secret === undefined ? null : `${publicUrl ?? `${request.protocol}://${request.host}`}/sign-in/link/${secret}`,
  })

  app.get<{ Querystring: { readonly limit: number; readonly cursor?: string } }>(
    '/api/people',
    {
      ...needs,
      schema: {
        operationId: 'listPeople',
        summary: 'Who may sign in, with their roles',
        description: 'In the order of their names. `nextCursor` leads to the next page.',
        tags,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            limit: { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'How many on a page', examples: [50] },
            cursor: { type: 'string', maxLength: 500, description: '`nextCursor` of the page before' },
          },
        },
        response: {
          200: object(
            {
              people: list(person, 'By their names'),
              nextCursor: textOrNull('Leads to the next page; null: this is the last', 'TWFyeSBMb3dl'),
            },
            'A page of them',
          ),
          ...refusalsOfReading('badRequest', 'storeUnavailable'),
        },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const found = answerOf(await people.list(limit + 1, cursor === undefined ? undefined : read(cursor)))
      const page = found.slice(0, limit)
      const last = found.length > limit ? page.at(-1)?.person : undefined
      return {
        people: page.map(shown),
        nextCursor: last === undefined ? null : Buffer.from(JSON.stringify([last.name, last.id])).toString('base64url'),
      }
    },
  )

  app.post<{ Body: { readonly name: string; readonly email: string; readonly clinician?: string } }>(
    '/api/people',
    {
      ...needs,
      schema: {
        operationId: 'invitePerson',
        summary: 'Invite a person',
        description:
          'They get a link that signs them in for the first time, once, within seven days: by e-mail where a mail server is set; otherwise it is in the answer, this once, for you to give on. They may do nothing until they have a role.',
        tags,
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['name', 'email'],
          properties: {
            name: { type: 'string', maxLength: 100, description: 'Their name', examples: ['Mary Lowe'] },
            email: {
              type: 'string',
              maxLength: 200,
              description: 'Their email address; nobody else has it',
              examples: ['mary.lowe@example.nhs.uk'],
            },
            clinician: clinicianId('The clinician of the directory whose calls are theirs'),
          },
        },
        response: {
          201: object({ ...person.properties, ...link.properties }, 'The person, and their link'),
          ...refusalsOfBody('storeUnavailable'),
        },
      },
    },
    async (request, reply) => {
      const invited = answerOf(await people.invite(byOf(request), request.body))
      return reply.status(201).send({ ...shown({ person: invited.person, grants: [] }), ...linkOf(request, invited.secret) })
    },
  )

  app.get<Of>(
    '/api/people/:person',
    {
      ...needs,
      schema: {
        operationId: 'getPerson',
        summary: 'A person who may sign in',
        description: 'With the roles that they have now.',
        tags,
        params,
        response: { 200: person, ...refusalsOfReading('personNotFound', 'storeUnavailable') },
      },
    },
    async (request) => shown(answerOf(await people.find(request.params.person))),
  )

  app.post<Of & { Body: { readonly send?: boolean } | null }>(
    '/api/people/:person/link',
    {
      ...needs,
      schema: {
        operationId: 'makeSignInLink',
        summary: 'A link that signs a person in, once',
        description:
          'Valid for an hour, or seven days for a person who has never signed in. It replaces the previous link. With `send` it is e-mailed to them. The body may be left out.',
        tags,
        params,
        body: {
          type: ['object', 'null'],
          additionalProperties: false,
          properties: { send: { type: 'boolean', description: 'Whether it is sent to their address', examples: [false] } },
        },
        response: { 201: link, ...refusalsOfBody('personNotFound', 'notMailable', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      const { person: id } = request.params
      const secret =
        request.body?.send === true
          ? answerOf(await people.sendLink(byOf(request), id))
          : answerOf(await people.makeLink(byOf(request), id))
      return reply.status(201).send(linkOf(request, secret))
    },
  )

  app.post<Of & { Body: { readonly role: string; readonly scope: string } }>(
    '/api/people/:person/roles',
    {
      ...needs,
      schema: {
        operationId: 'giveRole',
        summary: 'Give a person a role',
        description: 'For everything, an organisation or a line. What is given by approval is not given here (POST /api/approvals).',
        tags,
        params,
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['role', 'scope'],
          properties: { role: oneOf(givenRoles, 'Which role'), scope: scopeTaken('What it is for') },
        },
        response: { 201: role, ...refusalsOfBody('personNotFound', 'storeUnavailable') },
      },
    },
    async (request, reply) =>
      reply.status(201).send(shownGrant(answerOf(await people.giveRole(byOf(request), request.params.person, request.body)))),
  )

  app.delete<{ Params: { readonly person: string; readonly grant: string } }>(
    '/api/people/:person/roles/:grant',
    {
      ...needs,
      schema: {
        operationId: 'removeRole',
        summary: 'End a person’s role',
        description: 'At once. The last administrator stays one.',
        tags,
        params: {
          ...params,
          required: ['person', 'grant'],
          properties: { ...params.properties, ...idParam('grant', 'The id of a role that they have', 'grant-k7m2x9c4w5tq').properties },
        },
        response: {
          204: nothing('The role has ended'),
          ...refusalsOfChanging('personNotFound', 'grantNotFound', 'lastAdministrator', 'storeUnavailable'),
        },
      },
    },
    async (request, reply) => {
      answerOf(await people.endRole(byOf(request), request.params.person, request.params.grant))
      return reply.status(204).send()
    },
  )

  app.delete<Of>(
    '/api/people/:person/factors',
    {
      ...needs,
      schema: {
        operationId: 'removeSecondFactors',
        summary: 'Remove the second factor of a person who has lost it',
        description: 'All of them, with their recovery codes. Their password and a link sign them in.',
        tags,
        params,
        response: { 204: nothing('They are removed'), ...refusalsOfChanging('personNotFound', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      answerOf(await people.removeFactors(byOf(request), request.params.person))
      return reply.status(204).send()
    },
  )

  app.put<Of & { Body: { readonly maySignIn: boolean } }>(
    '/api/people/:person/may-sign-in',
    {
      ...needs,
      schema: {
        operationId: 'changeMaySignIn',
        summary: 'Stop a person from signing in, or let them in again',
        description: 'Their sessions and links end at once; their roles are kept for when they come back.',
        tags,
        params,
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['maySignIn'],
          properties: { maySignIn: { type: 'boolean', description: 'Whether they may', examples: [true] } },
        },
        response: { 200: person, ...refusalsOfBody('personNotFound', 'lastAdministrator', 'storeUnavailable') },
      },
    },
    async (request) => {
      const { person: id } = request.params
      answerOf(await (request.body.maySignIn ? people.letIn(byOf(request), id) : people.stop(byOf(request), id)))
      return shown(answerOf(await people.find(id)))
    },
  )
}

function shown({
  person: { id, name, email, clinician, createdAt, disabledAt },
  grants,
}: {
  readonly person: Person
  readonly grants: readonly Grant[]
}): object {
  return {
    person: id,
    name,
    email: email ?? null,
    clinician: clinician ?? null,
    createdAt,
    maySignIn: disabledAt === undefined,
    roles: grants.map(shownGrant),
  }
}

function shownGrant({ id, role: name, scope, grantedAt, until }: Grant): object {
  return { grant: id, role: name, scope: scopeName(scope), since: grantedAt, endsAt: until ?? null }
}

/** The last person of the page before. */
function read(cursor: string): Pick<Person, 'id' | 'name'> {
  try {
    const found: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(found) && typeof found[0] === 'string' && typeof found[1] === 'string') return { name: found[0], id: found[1] }
  } catch {
    // Said below.
  }
  throw new ApiError('badRequest', 'cursor is none that this API gave out; leave it out to begin at the first page.', 'cursor')
}
