import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import type { CallEvent, CallFact } from '../calls/events.js'
import { goodCall } from '../calls/scenario/sample-call.js'
import { emptyDirectory } from '../directory/empty-directory.js'
import type { Line } from '../directory/model.js'
import { defaultOutcomes, patientConnectOutcomes, patientUnavailable } from '../directory/outcomes.js'
import { sendError, type ApiError } from './api-error.js'
import { outcomeRoutes, outcomesOfCall } from './outcome-routes.js'

// Of a line nothing but its outcomes matters here.
const cardiology = { id: 'cardiology', kind: 'advice', outcomes: defaultOutcomes.advice } as Line
const directory = { ...emptyDirectory, lines: new Map([['cardiology', cardiology]]) }

describe('an outcome that staff leave', () => {
  it('is acknowledged only when it is on disk', async () => {
    const events = goodCall('one').map((fact, index): CallEvent => ({ callId: 'one', seq: index + 1, at: index, ...fact }))
    let onDisk = false
    const told: CallFact[] = []
    const log = {
      append: (callId: string, fact: CallFact) => {
        told.push(fact)
        return Promise.resolve(onDisk ? { callId, seq: 99, at: 0, ...fact } : undefined)
      },
      subscribe: () => () => undefined,
    }
    const app = fastify()
    app.setErrorHandler<ApiError>(sendError)
    outcomeRoutes(app, { store: { events: () => Promise.resolve(events), calls: () => Promise.reject(new Error('not asked')), health: () => ({ writing: true, detail: '', queued: 0 }), log }, directory: () => directory })
    const put = () => app.inject({ method: 'PUT', url: '/api/calls/one/outcome', payload: { outcome: 'admission-made' } })
    const refused = await put()
    expect([refused.statusCode, refused.json<{ error: { code: string } }>().error.code]).toEqual([503, 'storeUnavailable'])
    onDisk = true
    expect((await put()).statusCode).toBe(200)
    expect(told).toEqual([1, 2].map(() => ({ type: 'outcome.left', outcome: 'admission-made', by: 'staff' })))
    await app.close()
  })

  it('is one that the call could have been left with', () => {
    expect(outcomesOfCall({ kind: 'line', line: 'cardiology' }, directory)).toEqual(defaultOutcomes.advice)
    expect(outcomesOfCall({ kind: 'callBackCode', line: 'cardiology' }, directory)).toEqual(defaultOutcomes.advice)
    expect(outcomesOfCall({ kind: 'patientConnect' }, directory)).toEqual(patientConnectOutcomes)
    expect(outcomesOfCall({ kind: 'pifuCallBack', arrangement: 'a' }, directory)).toEqual(defaultOutcomes.pifuCallBack)
    // A call-back on an advice line's list: the patient may have been unavailable all the same.
    expect(outcomesOfCall({ kind: 'pifuCallBack', arrangement: 'a', line: 'cardiology' }, directory)).toEqual([...defaultOutcomes.advice, patientUnavailable])
    expect(outcomesOfCall({ kind: 'bypass' }, directory)).toEqual([])
    expect(outcomesOfCall({ kind: 'dialIn', line: 'gone from the directory' }, directory)).toEqual([])
  })
})
