import type { FastifyInstance } from 'fastify'
import type { AdminSettings } from './admin.js'
import { healthAnswer, readyAnswer, refusals } from './schemas.js'

interface Part {
  readonly part: string
  readonly ok: boolean
  /** Without it no call can be taken as it should be. */
  readonly needed: boolean
  readonly detail: string
}

/** For whoever watches over the engine: is it alive, can it take calls, and its figures. */
export function healthRoutes(app: FastifyInstance, { store, recordings, alarms, metrics, directory, switchHealth, descriptors }: AdminSettings): void {
  app.get('/healthz', { schema: { summary: 'Is the process alive', tags: ['health'], response: { 200: healthAnswer, ...refusals } } }, () => ({ status: 'ok', uptimeSeconds: Math.round(process.uptime()) }))

  app.get(
    '/readyz',
    { schema: { summary: 'Can calls be taken; if not, what is missing', tags: ['health'], response: { 200: readyAnswer, 503: readyAnswer, ...refusals } } },
    async (_request, reply) => {
      const telephone = switchHealth()
      const kept = store.health()
      const recorded = await recordings.probe()
      const numbers = directory().numbers.size
      const parts: readonly Part[] = [
        { part: 'signalling', ok: telephone.signalling.up, needed: true, detail: telephone.signalling.detail },
        { part: 'media', ok: telephone.media.up, needed: true, detail: telephone.media.detail },
        { part: 'directory', ok: numbers > 0, needed: true, detail: numbers > 0 ? `${numbers} numbers can be dialled` : 'no number can be dialled: the directory has none' },
        { part: 'store', ok: kept.writing, needed: true, detail: kept.detail },
        ...(descriptors ? [{ part: 'descriptors', needed: true, ...descriptors() }] : []),
        // Calls go on without a recording; the alarm is up.
        { part: 'recordings', ok: recorded.writable, needed: false, detail: recorded.writable ? `${recorded.detail}; MP3 by ${recorded.encoder}` : recorded.detail },
      ]
      const ready = telephone.ready && parts.every((part) => part.ok || !part.needed)
      const missing = parts.filter((part) => !part.ok).map((part) => `${part.part}: ${part.detail}`)
      if (!telephone.ready && telephone.signalling.up && telephone.media.up) missing.push('switch: it does not take calls yet')
      reply.status(ready ? 200 : 503)
      return { ready, missing, parts, alarms: alarms.active() }
    },
  )

  app.get(
    '/metrics',
    { schema: { summary: 'Figures for Prometheus', tags: ['health'], response: { 200: { description: 'Prometheus text format', content: { 'text/plain': { schema: { type: 'string' } } } } } } },
    async (_request, reply) => {
      const text = await metrics.scrape()
      return reply.type(metrics.contentType).send(text)
    },
  )
}
