import { sectionInFile } from '../directory/entity-line.js'
import { versionSources } from '../store/questions/directory-versions.js'
import { actorKinds } from '../facts/actor.js'
import { count, flag, instant, list, object, oneOf, text, textOrNull } from './schema-parts.js'
import { cursor, nextCursor } from './schemas.js'

/** JSON Schemas of the directory's versions and changes. */

export const sectionNames = Object.values(sectionInFile)

const versionNumber = count('Number of the version: 1, 2, 3 ...', 12)
const version = {
  version: versionNumber,
  at: instant('From when it was in force'),
  by: object(
    {
      kind: oneOf(['staff', ...actorKinds.filter((kind) => kind !== 'staff')], 'Who made it'),
      id: textOrNull('Their id, where they have one', 'sam'),
    },
    'Who made it',
  ),
  node: text('The engine that wrote it', 'engine-1'),
  source: oneOf(versionSources, 'What brought it: the directory file, a command, or this API'),
  why: textOrNull('What they gave as the reason', 'Dr Lind is on leave'),
  changed: count('How many entities it changed', 1),
}
const changes = list(
  object({
    section: oneOf(sectionNames, 'Part of the directory, by its name in the file'),
    id: text('Id of the entity: its name in the file, a number as it is dialled', 'cardiology'),
    kind: oneOf(['changed', 'added', 'removed'] as const, 'What has become of it'),
    details: {
      type: 'array',
      description: 'What differs, a line each; empty for what was added or removed as a whole',
      items: { type: 'string' },
      examples: [['ring.ringSeconds: 20 -> 15']],
    },
  }),
  'What differs, entity by entity; the first 500',
)
const leftOut = count('How many more differ', 0)

export const versionsQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'The most versions of one page', examples: [50] },
    cursor,
  },
} as const
const versionParam = {
  type: 'integer',
  minimum: 1,
  maximum: 999_999_999,
  description: 'Number of a version, as GET /api/directory/versions gives it',
  examples: [12],
} as const
export const versionParams = { type: 'object', required: ['version'], properties: { version: versionParam } } as const
export const differenceParams = {
  type: 'object',
  required: ['version', 'other'],
  properties: { version: versionParam, other: { ...versionParam, description: 'Number of another version' } },
} as const
const atVersion = { ...versionParam, description: 'Number of a version; left out: the one in force' } as const
export const atVersionQuery = { type: 'object', additionalProperties: false, properties: { version: atVersion } } as const
const section = {
  type: 'string',
  enum: sectionNames,
  description: 'Part of the directory, by its name in the file',
  examples: ['lines'],
} as const
const entityId = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  description: 'Id of the entity: its name in the file, a number as it is dialled',
  examples: ['cardiology'],
} as const
export const entityParams = { type: 'object', required: ['section', 'id'], properties: { section, id: entityId } } as const
const fields = (description: string) =>
  ({
    type: 'object',
    description,
    additionalProperties: true,
    examples: [{ blurb: 'If no response try again after 15 minutes.' }],
  }) as const

const why = {
  type: 'string',
  minLength: 1,
  maxLength: 500,
  description: 'The reason, for the record',
  examples: ['Dr Lind is on leave'],
} as const
const check = { ...flag('True: nothing is changed; what would be is answered, with the version that is in force'), default: false }

export const applyBody = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: {
    text: {
      type: 'string',
      minLength: 1,
      description: 'A directory file (YAML), as GET /api/directory/export writes it',
      examples: ['areas:\n  saltmarsh: { name: Saltmarsh }\n'],
    },
    why,
    check,
  },
} as const

export const changeBody = {
  type: 'object',
  required: ['version', 'changes'],
  additionalProperties: false,
  properties: {
    version: {
      ...versionParam,
      description: 'The version that was looked at: what others have changed since stays, as far as it is something else',
    },
    changes: {
      type: 'array',
      minItems: 1,
      maxItems: 500,
      description: 'What is to change, entity by entity; all of it becomes one version, or none of it',
      items: {
        type: 'object',
        required: ['section', 'id'],
        additionalProperties: false,
        properties: {
          section,
          id: entityId,
          set: fields(
            'Fields in the words of the directory file, each as a whole; null takes one away. An entity that is not there is made',
          ),
          remove: { type: 'boolean', description: 'Takes the entity away', examples: [false] },
        },
      },
    },
    why,
    check,
    merge: { ...flag('False: nothing is done where another version is in force by now', true), default: true },
  },
} as const

export const versionsAnswer = object(
  { inForce: count('Number of the version in force', 12), versions: list(object(version), 'The newest first'), nextCursor },
  'One page of versions',
)
export const versionAnswer = object({ ...version, changes, leftOut }, 'The version, and what makes it from the one before')
export const differenceAnswer = object({ from: versionNumber, to: versionNumber, changes, leftOut }, 'What differs between the two')
export const entityAnswer = object(
  {
    version: versionNumber,
    section: text('As asked', 'lines'),
    id: text('As the directory has it', 'cardiology'),
    fields: fields('Its fields, in the words of the directory file'),
  },
  'The entity as it is in that version',
)
export const changedAnswer = object(
  { version: count('Number of the version in force now', 13), changes, leftOut },
  'It is on disk and in force; without changes, it said so already',
)
