import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../accounts/accounts.js'
import { asJsonLines } from '../audit/audit.js'
import { readAudit } from '../audit/reading.js'
import { byOf } from '../web/gate.js'
import { attached } from './call-export-routes.js'
import { asked } from './call-routes.js'
import { isoInstant } from './instants.js'
import { refusalsOfReading } from './refusals.js'
import { count, countOrNull, instant, list, object, text, textOrNull } from './schema-parts.js'

const entry = object({
  number: count('Its number in the chain', 1_204),
  at: instant('When'),
  engine: text('Name of the engine that wrote it', 'engine-1'),
  actor: text('Id of the person or token; `system`: the service itself; empty: not known', 'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11'),
  address: text('IP address from which it was done; empty: on the machine itself', '192.0.2.17'),
  action: text('What was done', 'call.seen'),
  subjectKind: text('What it was done to: `call`, `person`, ...', 'call'),
  subject: text('Its id', 'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11'),
  why: textOrNull('The reason that was given; null: none was asked for', 'Complaint 2026/14'),
})

interface Asking {
  readonly call?: string
  readonly person?: string
  readonly cursor?: number
  readonly limit: number
}

/** The audit, for privacy officers. That it is read is itself audited, before anything is shown. */
export function auditRoutes(app: FastifyInstance, { accounts }: { readonly accounts: Accounts }): void {
  const { audit, reading } = accounts

  app.get<{ Querystring: Asking }>(
    '/api/audit',
    {
      config: { needs: 'audit' },
      schema: {
        operationId: 'listAudit',
        summary: 'Who saw or changed what, the latest first',
        description: 'One page of the audit: of a call (who looked at it?), of a person (what did they look at?), or of everything.',
        tags: ['people'],
        querystring: {
          ...object({
            call: { ...text('Id of a call', 'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11'), maxLength: 100 },
            person: {
              ...text('Id of the person who did it; GET /api/people lists them', 'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11'),
              maxLength: 100,
            },
            cursor: { type: 'integer', minimum: 1, description: '`nextCursor` of the page before' },
            limit: { type: 'integer', minimum: 1, maximum: 500, default: 50, description: 'Entries of a page, at most', examples: [50] },
          }),
          additionalProperties: false,
        },
        response: {
          200: object(
            { entries: list(entry, 'The entries'), nextCursor: countOrNull('For the next page; null: this is the last one', 1_154) },
            'A page of the audit',
          ),
          ...refusalsOfReading('badRequest', 'storeUnavailable'),
        },
      },
    },
    async (request) => {
      const { call, person, cursor, limit } = request.query
      const { entries, next } = await asked(readAudit({ reading, audit }, byOf(request), { call, person, cursor }, limit))
      return {
        entries: entries.map(({ seq, at, node, actor, address, action, subjectKind, subject, why }) => ({
          ...{ number: seq, at: isoInstant(at), engine: node, actor, address, action, subjectKind, subject },
          why: why ?? null,
        })),
        nextCursor: next ?? null,
      }
    },
  )

  app.get(
    '/api/audit.jsonl',
    {
      config: { needs: 'audit' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'getAuditAsJsonLines',
        summary: 'The whole audit, a line of JSON for each entry',
        description: 'The oldest entry first, each with its hash and that of the entry before it. That it was exported is in the audit.',
        tags: ['people'],
        response: {
          200: {
            description: 'JSON lines',
            content: {
              'application/x-ndjson': {
                schema: { type: 'string' },
                example:
                  '{"seq":1,"at":"2026-03-02T09:30:00.000Z","node":"engine-1","actor":"system","address":"","action":"person.added","subjectKind":"person","subject":"b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11","data":{},"before":"","hash":"9f2c"}\n',
              },
            },
          },
          ...refusalsOfReading('storeUnavailable'),
        },
      },
    },
    async (request, reply) => {
      await asked(audit.tell({ ...byOf(request), action: 'audit.exported', subjectKind: 'audit', subject: '' }))
      return attached(reply, 'application/x-ndjson; charset=utf-8', 'ringround-audit.jsonl').send(Readable.from(asJsonLines(reading)))
    },
  )
}
