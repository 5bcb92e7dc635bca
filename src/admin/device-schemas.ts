import { cursor, nextCursor } from './schemas.js'
import { flag, instant, list, object, oneOf, text, textOrNull } from './schema-parts.js'

/** JSON Schemas of the routes about SIP telephones. */

const algorithm = oneOf(
  ['MD5', 'SHA-256'] as const,
  'The digest that is asked of it. `SHA-256` (RFC 8760) where the telephone knows it: many know MD5 only',
)
const ownerKind = oneOf(['clinician', 'organisation'] as const, 'What the owner is')

export const deviceBody = {
  type: 'object',
  additionalProperties: false,
  required: ['owner'],
  properties: {
    owner: {
      type: 'object',
      description: 'Whose telephone it is',
      additionalProperties: false,
      required: ['kind', 'id'],
      properties: {
        kind: ownerKind,
        id: {
          type: 'string',
          pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
          description: 'The id of the clinician or organisation in the directory',
          examples: ['dr-okafor'],
        },
      },
    },
    label: {
      type: 'string',
      minLength: 1,
      maxLength: 80,
      pattern: '^[^\\u0000-\\u001f\\u007f]+$',
      description: 'A label for people: whose telephone it is, or where it stands. Default: the user',
      examples: ['Desk in clinic 3'],
    },
    user: {
      type: 'string',
      maxLength: 64,
      description:
        'The SIP user, in the directory `device:` and this: small letters, digits and hyphens, a letter first. Default: the id of the owner with a number',
      examples: ['okafor-desk'],
    },
    algorithm: { ...algorithm, default: 'MD5' },
  },
} as const

export const deviceParams = {
  type: 'object',
  required: ['user'],
  properties: {
    user: {
      type: 'string',
      pattern: '^[a-z][a-z0-9-]{0,63}$',
      description: 'The SIP user of a telephone; GET /api/devices lists them',
      examples: ['okafor-desk'],
    },
  },
} as const

const owner = object(
  {
    kind: ownerKind,
    id: text('Id in the directory', 'dr-okafor'),
    name: textOrNull('Null: no longer in the directory', 'Dr Ada Okafor'),
  },
  'Whose telephone it is',
)
const user = text('SIP user', 'okafor-desk')
const target = text('What the directory calls it, on a rota or among the numbers of a clinician', 'device:okafor-desk')
const label = text('For people', 'Desk in clinic 3')
const realm = text('Realm of the digest', 'ringround')

export const madeDeviceAnswer = object(
  {
    user,
    password: text('Shown this once, kept nowhere', 'k7mq-3fht-x9ab-pe2d-w8rn'),
    realm,
    algorithm,
    register: textOrNull('SIP address of the registrar; null: that of your drachtio-server', 'sip:127.0.0.1:5060'),
    address: textOrNull("The telephone's own SIP address", 'sip:okafor-desk@127.0.0.1:5060'),
    target,
    owner,
    label,
  },
  'The settings for the telephone',
)

export const devicesQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 200, description: 'The most telephones of one page', examples: [200] },
    cursor,
  },
} as const

export const devicesAnswer = object(
  {
    realm,
    devices: list(
      object({
        user,
        target,
        label,
        algorithm,
        owner,
        createdAt: instant('When it was made'),
        passwordSince: instant('When its password was made'),
        needsNewPassword: flag('Its password belongs to another realm than the present one'),
        registered: flag('It can be rung now', true),
        registrations: list(
          object({
            since: instant('When it registered'),
            expiresAt: instant('Until when'),
            source: text('Where its packets come from', 'udp:192.0.2.9:5060'),
            userAgent: textOrNull('What it calls itself', 'baresip v1.0.0'),
          }),
          'Where it is registered now',
        ),
      }),
      'The telephones, by name',
    ),
    nextCursor,
  },
  'One page of the telephones, without their passwords',
)
