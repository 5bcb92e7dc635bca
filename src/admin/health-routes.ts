import type { FastifyInstance } from 'fastify'
import { meets } from '../accounts/identity.js'
import { alarmsWithin } from '../accounts/reach-of-alarms.js'
import { short, shownAlarm, shownAlarms } from '../alarms/shown-alarms.js'
import type { AdminSettings } from './admin-settings.js'
import { reachHere } from './reach.js'
import { refusalsOfAnyone, refusalsOfReading } from './refusals.js'
import { alarmsAnswer, healthAnswer, readyAnswer } from './schemas.js'

const metricsExample = '# HELP ringround_calls_live Calls now\n# TYPE ringround_calls_live gauge\nringround_calls_live 2\n'

interface Part {
  readonly part: string
  readonly ok: boolean
  /** Needed to take calls properly. */
  readonly needed: boolean
  readonly detail: string
}

/** For monitoring: is the engine alive, can it take calls, and its figures. */
export function healthRoutes(
  app: FastifyInstance,
  { store, recordings, alarms, alarmsOfAll, metrics, directory, switchHealth, capacity, descriptors, now = Date.now }: AdminSettings,
): void {
  app.get(
    '/healthz',
    {
      config: { needs: 'anyone' },
      schema: {
        operationId: 'getHealth',
        summary: 'Is the process alive',
        description: 'Answers as soon as the program runs. Whether calls can be taken is at /readyz.',
        tags: ['health'],
        response: { 200: healthAnswer, ...refusalsOfAnyone() },
      },
    },
    () => ({ status: 'ok', uptimeSeconds: Math.round(process.uptime()) }),
  )

  app.get(
    '/readyz',
    {
      config: { needs: 'anyone' },
      schema: {
        operationId: 'getReadiness',
        summary: 'Can calls be taken; if not, what is missing',
        description:
          'Checks every part that a call needs and describes what is missing. Anyone can see whether calls are taken and which part is missing; descriptions and alarms need the permission `health`. Parts that calls can do without (recordings) are reported but do not make the engine unready. The answer stays short however many alarms are active: `alarmCount` is their number, `alarms` has some of each kind, with severity and what to do.',
        tags: ['health'],
        response: {
          200: { ...readyAnswer, description: 'Calls are taken' },
          ...refusalsOfAnyone(),
          503: { ...readyAnswer, description: 'Calls are not taken; `missing` says why' },
        },
      },
    },
    async ({ identity }, reply) => {
      const telephone = switchHealth()
      const kept = store.health()
      const recorded = await recordings.probe()
      const keys = recordings.keys()
      const numbers = directory().numbers.size
      const told: readonly Part[] = [
        { part: 'signalling', ok: telephone.signalling.up, needed: true, detail: telephone.signalling.detail },
        { part: 'media', ok: telephone.media.up, needed: true, detail: telephone.media.detail },
        ...(capacity ? [{ part: 'capacity', needed: true, ...capacity() }] : []),
        {
          part: 'directory',
          ok: numbers > 0,
          needed: true,
          detail: numbers > 0 ? `${numbers} numbers can be dialled` : 'no number can be dialled: the directory has none',
        },
        { part: 'store', ok: kept.writing, needed: true, detail: kept.detail },
        ...(descriptors ? [{ part: 'descriptors', needed: true, ...descriptors() }] : []),
        // Calls go on without a recording; the alarm is up.
        {
          part: 'recordings',
          ok: recorded.writable,
          needed: false,
          detail: recorded.writable ? `${recorded.detail}; MP3 by ${recorded.encoder}` : recorded.detail,
        },
        ...(keys ? [{ part: 'keys', needed: false, ...keys }] : []),
      ]
      const parts = told.map((part) => ({ ...part, detail: short(part.detail) }))
      const ready = telephone.ready && parts.every((part) => part.ok || !part.needed)
      const missing = parts.filter((part) => !part.ok).map((part) => `${part.part}: ${part.detail}`)
      if (!telephone.ready && telephone.signalling.up && telephone.media.up) missing.push('switch: it does not take calls yet')
      reply.status(ready ? 200 : 503)
      const up = shownAlarms(alarms.active())
      if (meets(identity, 'health')) return { ready, missing, parts, ...up }
      // The details name lines and telephones. Monitoring from outside only learns which part is missing.
      return {
        ready,
        missing: parts.filter(({ ok }) => !ok).map(({ part }) => part),
        parts: parts.map(({ part, ok, needed }) => ({ part, ok, needed, detail: '' })),
        alarms: [],
        alarmCount: up.alarmCount,
        alarmsByKind: {},
      }
    },
  )

  app.get(
    '/api/alarms',
    {
      config: { needs: 'alarms' },
      schema: {
        operationId: 'listAlarms',
        summary: 'Every alarm that is up, on all engines',
        description:
          'Those of the service as a whole for people who see all of it; of others those of their lines and organisations. Each with how urgent it is, since when, what it means and what to do about it.',
        tags: ['health'],
        response: { 200: alarmsAnswer, ...refusalsOfReading() },
      },
    },
    (request) => ({
      now: now(),
      alarms: alarmsWithin((alarmsOfAll ?? alarms).active(), reachHere(request), directory()).map((one) => ({
        engine: null,
        ...shownAlarm(one),
      })),
    }),
  )

  app.get(
    '/metrics',
    {
      config: { needs: 'metrics' },
      schema: {
        operationId: 'getMetrics',
        summary: 'Figures for Prometheus',
        description:
          'Calls, waits, attempts and endings by line, the state of the switch, the store and the recordings, alarms, and the process itself.',
        tags: ['health'],
        response: {
          200: {
            description: 'Prometheus text format',
            content: { 'text/plain': { schema: { type: 'string' }, example: metricsExample } },
          },
          ...refusalsOfReading(),
        },
      },
    },
    async (_request, reply) => {
      const text = await metrics.scrape()
      return reply.type(metrics.contentType).send(text)
    },
  )
}
