import type { FastifyInstance } from 'fastify'
import { callEndings } from '../calls/endings.js'
import type { AdminSettings } from './admin.js'
import { refusals } from './schemas.js'

const choice = { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' } } } as const

/** What the page needs to know besides the calls: where to ring, and what can be filtered by. */
export function pageRoutes(app: FastifyInstance, { directory, ringHere = [], timeZone = 'Europe/London' }: Pick<AdminSettings, 'directory' | 'ringHere' | 'timeZone'>): void {
  app.get(
    '/api/choices',
    {
      schema: {
        summary: 'Lines, organisations and endings to filter by; where to ring',
        tags: ['calls'],
        response: {
          200: {
            type: 'object',
            properties: {
              lines: { type: 'array', items: choice },
              organisations: { type: 'array', items: choice },
              endings: { type: 'array', items: choice },
              ringHere: { type: 'array', items: { type: 'string' } },
              timeZone: { type: 'string' },
            },
          },
          ...refusals,
        },
      },
    },
    () => {
      const now = directory()
      return {
        lines: named(now.lines.values()),
        organisations: named(now.organisations.values()),
        endings: Object.entries(callEndings).map(([id, ending]) => ({ id, name: ending.why })),
        ringHere: ringHere.slice(0, 20),
        timeZone,
      }
    },
  )
}

function named(all: Iterable<{ readonly id: string; readonly name: string }>): readonly { readonly id: string; readonly name: string }[] {
  return [...all].map(({ id, name }) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name))
}
