import type { FastifyInstance } from 'fastify'
import type { Actor } from '../facts/actor.js'
import { maskedTarget } from '../directory/masking.js'
import type { RetentionOperations } from '../operations/retention.js'
import type { Hold } from '../retention/holds.js'
import { countOf, type Certificate } from '../retention/certificate.js'
import { actorOf, answerOf } from './answers.js'
import { refusalsOfBody, refusalsOfReading } from './refusals.js'
import {
  certificatesAnswer,
  certificatesQuery,
  dueAnswer,
  holdAnswer,
  holdBody,
  holdParams,
  holdsAnswer,
  releaseBody,
} from './retention-schemas.js'

/** What is past its retention time, legal holds, and certificates of deletion. Nothing is deleted from here. */
export function retentionRoutes(app: FastifyInstance, retention: RetentionOperations): void {
  app.get(
    '/api/retention/due',
    {
      config: { needs: 'retention' },
      schema: {
        operationId: 'getRetentionDue',
        summary: 'What is due for deletion',
        description: 'By rule: how much the next run would delete, and how much legal holds keep. Nothing is deleted by asking.',
        tags: ['retention'],
        response: { 200: dueAnswer, ...refusalsOfReading('storeUnavailable') },
      },
    },
    async () => ({ due: answerOf(await retention.due()) }),
  )

  app.get(
    '/api/retention/holds',
    {
      config: { needs: 'retention' },
      schema: {
        operationId: 'listHolds',
        summary: 'Legal holds',
        description: 'All there ever were, the latest first, with who placed and released each, and why. Numbers are masked.',
        tags: ['retention'],
        response: { 200: holdsAnswer, ...refusalsOfReading('storeUnavailable') },
      },
    },
    async () => ({
      holds: answerOf(await retention.holds())
        .map(shown)
        .reverse(),
    }),
  )

  app.post<{ Body: { readonly kind: string; readonly value: string; readonly reason: string } }>(
    '/api/retention/holds',
    {
      config: { needs: 'retention' },
      schema: {
        operationId: 'makeHold',
        summary: 'Place a legal hold',
        description:
          'On a call, on an organisation, or on all calls in which a number took part. From the moment it is written down nothing that it covers is deleted, under any rule, until it is released.',
        tags: ['retention'],
        body: holdBody,
        response: { 201: holdAnswer, ...refusalsOfBody('storeUnavailable') },
      },
    },
    async (request, reply) => {
      const { kind, value, reason } = request.body
      return reply.status(201).send({ hold: shown(answerOf(await retention.hold(actorOf(request), { scope: { kind, value }, reason }))) })
    },
  )

  app.post<{ Params: { readonly hold: string }; Body: { readonly reason: string } }>(
    '/api/retention/holds/:hold/release',
    {
      config: { needs: 'retention' },
      schema: {
        operationId: 'releaseHold',
        summary: 'Release a legal hold',
        description: 'What it kept is deleted by the next run, if it is due. The hold itself stays on the list.',
        tags: ['retention'],
        params: holdParams,
        body: releaseBody,
        response: { 200: holdAnswer, ...refusalsOfBody('holdNotFound', 'holdReleased', 'storeUnavailable') },
      },
    },
    async (request) => ({ hold: shown(answerOf(await retention.release(actorOf(request), request.params.hold, request.body.reason))) }),
  )

  app.get<{ Querystring: { readonly limit: number } }>(
    '/api/retention/certificates',
    {
      config: { needs: 'retention' },
      schema: {
        operationId: 'listCertificates',
        summary: 'Certificates of deletion',
        description:
          'The latest first: what was deleted, when, by which rule and by whom, with its hash. The whole of one is printed by `npm run retention -- --certificates ID`.',
        tags: ['retention'],
        querystring: certificatesQuery,
        response: { 200: certificatesAnswer, ...refusalsOfReading('badRequest', 'storeUnavailable') },
      },
    },
    async ({ query }) => ({ certificates: answerOf(await retention.certificates(query.limit)).map(summary) }),
  )
}

function shown({ id, scope: { kind, value }, reason, placedAt, placedBy, released }: Hold): object {
  return {
    hold: id,
    kind,
    value: kind === 'number' ? maskedTarget(value) : value,
    reason,
    placedAt,
    placedBy: nameOf(placedBy),
    releasedAt: released?.at ?? null,
    releasedBy: released ? nameOf(released.by) : null,
    releaseReason: released?.reason ?? null,
  }
}

function summary(certificate: Certificate): object {
  const { id, at, by, rule, hash } = certificate
  return { certificate: id, at, by: nameOf(by), rule, count: countOf(certificate), hash }
}

function nameOf({ kind, id }: Actor): string {
  return id ?? kind
}
