import type { FastifyInstance } from 'fastify'
import { returnAsCsv, type MonthlyReturns } from '../reports/monthly-returns.js'
import { byOf, NotLetIn } from '../web/gate.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'
import { reachHere } from './reach.js'
import { refusalsOfChanging, refusalsOfReading } from './refusals.js'

const params = {
  type: 'object',
  required: ['month'],
  properties: {
    month: {
      type: 'string',
      pattern: '^\\d{4}-\\d{2}$',
      maxLength: 7,
      description: 'One of the last twelve complete months',
      examples: ['2026-02'],
    },
  },
} as const
const csv = {
  200: {
    description: 'CSV: month, requesting ICB, responding ODS, specialty group, type, total, processed, diverted, restated',
    content: {
      'text/csv': {
        schema: { type: 'string' },
        example:
          'month,requesting ICB,responding ODS,specialty group,type,total,processed,diverted,restated\r\n2026-02,QZZ,RXX,Cardiology,other,412,330,231,no\r\n',
      },
    },
  },
} as const

interface Of {
  readonly Params: { readonly month: string }
}

/** The monthly return for commissioners. */
export function returnRoutes(app: FastifyInstance, returns: MonthlyReturns): void {
  const known = ({ month }: Of['Params']) => {
    const months = returns.months()
    if (!months.includes(month))
      throw new ApiError('badRequest', `month is "${month}"; it has to be one of ${months.at(-1) ?? ''} to ${months[0] ?? ''}.`, 'month')
    return month
  }

  app.get<Of>(
    '/api/returns/:month',
    {
      config: { needs: 'reports', fromReports: true },
      schema: {
        operationId: 'getReturn',
        summary: 'The monthly return for commissioners, as it reads now',
        description:
          'For the lines that you report on. Months that were submitted before and have changed since are restated. Nothing is recorded.',
        tags: ['calls'],
        params,
        response: { ...csv, ...refusalsOfReading('badRequest', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      const said = await asked(returns.of(known(request.params), reachHere(request)))
      return reply.type('text/csv; charset=utf-8').send(await returnAsCsv(said))
    },
  )

  app.post<Of>(
    '/api/returns/:month',
    {
      config: { needs: 'reports', fromReports: true },
      schema: {
        operationId: 'applyReturn',
        summary: 'Hand in the monthly return',
        description:
          'Returns what GET returns, and records it: later changes are restated in the next return. Only for people who report on every line.',
        tags: ['calls'],
        params,
        response: { ...csv, ...refusalsOfChanging('badRequest', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      const reach = reachHere(request)
      if (!reach.everywhere) throw new NotLetIn('notAllowed')
      const said = await asked(returns.handIn(byOf(request), known(request.params), reach))
      return reply.type('text/csv; charset=utf-8').send(await returnAsCsv(said))
    },
  )
}
