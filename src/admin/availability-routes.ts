import type { FastifyInstance, FastifyRequest } from 'fastify'
import { notNowReasons, type NotNowReason } from '../availability/not-now.js'
import { notNowMinutes, type NotNowView } from '../operations/availability.js'
import type { Operations } from '../operations/operations.js'
import { reachesClinician } from '../web/reached-clinicians.js'
import type { AdminSettings } from './admin-settings.js'
import { actorOf, answerOf } from './answers.js'
import { ApiError } from './api-error.js'
import { isoInstant } from './instants.js'
import { reachHere } from './reach.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'
import { clinicianId, flag, instant, lineId, list, object, oneOf, text } from './schema-parts.js'

const reasons = Object.keys(notNowReasons) as readonly NotNowReason[]
const notNow = object(
  {
    clinician: clinicianId(),
    name: text('Their name', 'Dr Ada Okafor'),
    since: instant('When it was said'),
    until: instant('When they take calls again, by themselves'),
    why: oneOf(reasons, 'Why'),
    alone: list(
      object({
        id: lineId(),
        name: text('Its name', 'Cardiology'),
        hasNetwork: flag('Whether the National Consultant Network is rung first', true),
      }),
      'Lines on which nobody else is on: they are still rung there when nobody else accepts',
    ),
  },
  'A person who takes no calls for a while',
)
const body = {
  ...object({
    minutes: {
      type: 'integer',
      minimum: notNowMinutes.least,
      maximum: notNowMinutes.most,
      default: notNowMinutes.usual,
      description: 'For how long',
      examples: [notNowMinutes.usual],
    },
    why: { ...oneOf(reasons, 'Why'), default: 'other' },
  }),
  additionalProperties: false,
} as const
const params = { ...object({ clinician: clinicianId() }), required: ['clinician'] } as const

/** "Not now", and "I am on". */
export function availabilityRoutes(
  app: FastifyInstance,
  { availability }: Pick<Operations, 'availability'>,
  { directory }: Pick<AdminSettings, 'directory'>,
): void {
  const view = ({ until, ...said }: NotNowView) => ({ ...said, until: isoInstant(until) })
  /** About clinicians outside their reach they learn nothing. */
  function reached(request: FastifyRequest, clinician: string): string {
    if (reachesClinician(reachHere(request), clinician, directory())) return clinician
    throw new ApiError('clinicianNotFound', `The directory has no clinician "${clinician}".`, 'clinician')
  }

  app.get(
    '/api/availability',
    {
      config: { needs: 'availability' },
      schema: {
        operationId: 'listNotNow',
        summary: 'Who takes no calls for a while',
        description: 'Clinicians who said "not now", those first who are back first. A hunt rings them when nobody else has accepted.',
        tags: ['directory'],
        response: {
          200: object({ notNow: list(notNow, 'People who take no calls now') }, 'Who takes no calls for a while'),
          ...refusalsOfReading(),
        },
      },
    },
    (request) => {
      const reach = reachHere(request)
      return {
        notNow: availability
          .list()
          .filter(({ clinician }) => reachesClinician(reach, clinician, directory()))
          .map(view),
      }
    },
  )

  app.put<{ Params: { readonly clinician: string }; Body: { readonly minutes: number; readonly why: string } }>(
    '/api/availability/:clinician',
    {
      config: { needs: 'availability' },
      schema: {
        operationId: 'sayNotNow',
        summary: 'Say "not now" for a clinician',
        description:
          'From now on every engine rings them last, after the National Consultant Network where the line has it, until the time is up. If it is set again, the latest time counts. The answer lists the lines on which nobody else is on.',
        tags: ['directory'],
        params,
        body,
        response: { 200: notNow, ...refusalsOfBody('clinicianNotFound', 'storeUnavailable') },
      },
    },
    async (request) =>
      view(
        answerOf(await availability.notNow(actorOf(request), { clinician: reached(request, request.params.clinician), ...request.body })),
      ),
  )

  app.delete<{ Params: { readonly clinician: string } }>(
    '/api/availability/:clinician',
    {
      config: { needs: 'availability' },
      schema: {
        operationId: 'sayOn',
        summary: 'Say that a clinician is on',
        description: 'They are rung in their turn again. Harmless where they are.',
        tags: ['directory'],
        params,
        response: {
          200: object({ clinician: clinicianId() }, 'They are on'),
          ...refusalsOfChanging('badRequest', 'clinicianNotFound', 'storeUnavailable'),
        },
      },
    },
    async (request) => answerOf(await availability.on(actorOf(request), { clinician: reached(request, request.params.clinician) })),
  )
}
