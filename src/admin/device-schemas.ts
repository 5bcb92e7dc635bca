/** JSON Schemas of the routes about SIP telephones. */

export { refusals } from './schemas.js'

const text = { type: 'string' } as const
const textOrNull = { type: ['string', 'null'] } as const
const time = { type: 'integer', description: 'Wall-clock milliseconds since 1970 (UTC)' } as const
const algorithm = { ...text, enum: ['MD5', 'SHA-256'] } as const
const ownerKind = { ...text, enum: ['clinician', 'organisation'] } as const

export const deviceBody = {
  type: 'object',
  additionalProperties: false,
  required: ['owner'],
  properties: {
    owner: {
      type: 'object',
      additionalProperties: false,
      required: ['kind', 'id'],
      properties: { kind: ownerKind, id: { ...text, pattern: '^[a-z0-9][a-z0-9-]{0,63}$', description: 'Id of the directory' } },
    },
    label: { ...text, minLength: 1, maxLength: 80, pattern: '^[^\\u0000-\\u001f\\u007f]+$', description: 'For people: whose telephone it is, or where it stands. Default: the user' },
    user: { ...text, maxLength: 64, description: 'SIP user, in the directory `device:` and this: small letters, digits and hyphens, a letter first. Default: the id of the owner with a number' },
    algorithm: { ...algorithm, default: 'MD5', description: 'The digest that is asked of it. `SHA-256` (RFC 8760) where the telephone knows it: many know MD5 only' },
  },
} as const

export const deviceParams = { type: 'object', required: ['user'], properties: { user: { ...text, pattern: '^[a-z][a-z0-9-]{0,63}$', description: 'SIP user of the device' } } } as const

const owner = { type: 'object', properties: { kind: ownerKind, id: text, name: { ...textOrNull, description: 'Null: the directory has them no more' } } } as const

export const madeDeviceAnswer = {
  type: 'object',
  description: 'What is to be set in the telephone',
  properties: {
    user: text,
    password: { ...text, description: 'Shown this once, kept nowhere' },
    realm: text,
    algorithm,
    register: { ...textOrNull, description: 'SIP address of the registrar; null: that of your drachtio-server' },
    address: { ...textOrNull, description: "The telephone's own SIP address" },
    target: { ...text, description: 'What the directory calls it, on a rota or among the numbers of a clinician' },
    owner,
    label: text,
  },
} as const

export const devicesAnswer = {
  type: 'object',
  properties: {
    realm: text,
    devices: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          user: text,
          target: text,
          label: text,
          algorithm,
          owner,
          createdAt: time,
          passwordSince: time,
          needsNewPassword: { type: 'boolean', description: 'Its password belongs to another realm than the present one' },
          registered: { type: 'boolean', description: 'It can be rung now' },
          registrations: {
            type: 'array',
            items: { type: 'object', properties: { since: time, expiresAt: time, source: { ...text, description: 'Where its packets come from: `udp:192.0.2.9:5060`' }, userAgent: textOrNull } },
          },
        },
      },
    },
  },
} as const

