import { expect, test } from 'vitest'
import type { Identity } from '../accounts/identity.js'
import type { Permission } from '../accounts/roles.js'
import { emptyDirectory } from '../directory/empty-directory.js'
import { filterOf, type AskedCalls } from './asked-calls.js'

const directory = emptyDirectory
/** Noon in London, summer time. */
const now = Date.UTC(2026, 5, 30, 11)

function token(...permissions: readonly Permission[]): Identity {
  return {
    kind: 'token',
    token: { id: 't', kind: 'api', name: 't', permissions, scope: { kind: 'organisation', id: 'elm-row' }, madeBy: 'system', createdAt: 0 },
  }
}

const ask = (asked: AskedCalls, identity = token('calls', 'recordings')) =>
  filterOf(identity, asked, { directory, timeZone: 'Europe/London', now })

test('days are days of the service, today included', () => {
  expect(ask({ days: 1 })).toEqual({ kind: 'done', value: { within: [{ organisation: 'elm-row' }], from: Date.UTC(2026, 5, 29, 23) } })
  expect(ask({ days: 7 })).toMatchObject({ value: { from: Date.UTC(2026, 5, 23, 23) } })
  expect(ask({ from: '2026-06-01', to: '2026-06-01' })).toMatchObject({
    value: { from: Date.UTC(2026, 4, 31, 23), to: Date.UTC(2026, 5, 1, 23) },
  })
})

test('impossible values are refused, with what would be right', () => {
  expect(ask({ days: 7, from: '2026-06-01' })).toMatchObject({ kind: 'refused', field: 'days' })
  expect(ask({ from: '2026-06-02', to: '2026-06-01' })).toMatchObject({ kind: 'refused', field: 'from' })
  expect(ask({ to: 'yesterday' })).toMatchObject({ kind: 'refused', field: 'to', message: expect.stringContaining('2026-03-02') as string })
  expect(ask({ cursor: '!' })).toMatchObject({ kind: 'refused', field: 'cursor' })
})

test('a number search, for people who may see patient data, covers every form in which it may have been signalled', () => {
  expect(ask({ number: '999 000 0018' })).toMatchObject({ value: { nhsNumber: '9990000018' } })
  expect(ask({ number: '01632 960101' })).toMatchObject({ value: { callerNumbers: ['+441632960101', '441632960101', '01632960101'] } })
  expect(ask({ number: '1001' })).toMatchObject({ value: { callerNumbers: ['1001'] } })
  expect(ask({ number: '01632 960101' }, token('calls'))).toMatchObject({ kind: 'refused', field: 'number' })
})
