import type { FastifyInstance } from 'fastify'
import { callEndings } from '../facts/endings.js'
import type { AdminSettings } from './admin-settings.js'
import { refusalsOfReading } from './refusals.js'
import { choicesAnswer } from './schemas.js'

/** What the page needs besides calls: the number to ring, and the filters. */
export function pageRoutes(
  app: FastifyInstance,
  { directory, ringHere = [], timeZone = 'Europe/London' }: Pick<AdminSettings, 'directory' | 'ringHere' | 'timeZone'>,
): void {
  app.get(
    '/api/choices',
    {
      config: { needs: 'known' },
      schema: {
        operationId: 'getChoices',
        summary: 'What calls can be filtered by, and where to ring',
        description:
          'Lines and organisations of the current directory, every way in which calls can end, and the Dial-In numbers as SIP addresses.',
        tags: ['calls'],
        response: { 200: choicesAnswer, ...refusalsOfReading() },
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
