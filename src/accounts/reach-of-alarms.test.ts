import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { AlarmBoard } from '../alarms/alarm-board.js'
import { parseDirectory } from '../directory/parse-directory.js'
import { reachOfGrants } from './identity.js'
import { alarmsWithin } from './reach-of-alarms.js'
import type { Scope } from './roles.js'

const parsed = parseDirectory(readFileSync('config/directory.yaml', 'utf8'), 'config/directory.yaml')
if (!parsed.ok) throw new Error('the demo directory has errors')
const { directory } = parsed
const cardiology = directory.lines.get('cardiology')!
const onCall = [...directory.rotas.get('cardiology')!.pattern]
  .flatMap(({ entries }) => entries)
  .flatMap((entry) => (entry.kind === 'clinician' ? [directory.clinicians.get(entry.clinician)!] : []))[0]!

/** The alarms that a service manager of that part sees. */
function seen(board: AlarmBoard, scope: Scope): readonly (readonly [string, string])[] {
  const reach = reachOfGrants(
    {
      person: { id: 'p', name: 'P', createdAt: 0 },
      grants: [{ id: 'g', role: 'serviceManager', scope, grantedBy: 'system', grantedAt: 0 }],
    },
    'alarms',
  )
  return alarmsWithin(board.active(), reach, directory).map(({ alarm, detail }) => [alarm, detail] as const)
}

const line = (id: string): Scope => ({ kind: 'line', id })

describe('the alarms of a service manager', () => {
  it('are those of their lines, and of the trust that runs them; those of the whole service are for people who see all of it', () => {
    const board = new AlarmBoard()
    board.raise('store.cannotWrite', 'the disk is full')
    board.raise('callBack.notStored', 'a request is not on disk', [{ line: 'cardiology' }])
    expect(seen(board, line('cardiology'))).toEqual([['callBack.notStored', 'a request is not on disk']])
    expect(seen(board, { kind: 'organisation', id: cardiology.trust })).toHaveLength(1)
    expect(seen(board, line('ent-adult'))).toEqual([])
    expect(seen(board, { kind: 'everywhere' })).toHaveLength(2)
  })

  it('include a failing telephone on one of their rotas', () => {
    const board = new AlarmBoard()
    board.raise(`number.failing: ${onCall.name}`, 'failed three times', [{ telephone: onCall.name }])
    expect(seen(board, line('cardiology'))).toHaveLength(1)
    const elsewhere = [...directory.lines.values()].find(
      ({ id, trust }) =>
        !onCall.organisations.includes(trust) &&
        !(directory.rotas.get(id)?.pattern ?? []).some(({ entries }) =>
          entries.some((entry) => entry.kind === 'clinician' && entry.clinician === onCall.id),
        ),
    )
    if (elsewhere) expect(seen(board, line(elsewhere.id))).toEqual([])
    expect(seen(board, { kind: 'organisation', id: onCall.organisations[0]! })).toHaveLength(1)
  })

  it('hide details of other lines, and keep naming their own', () => {
    const board = new AlarmBoard()
    board.raise('recording.notStarted', 'the spool of cardiology is full', [{ line: 'cardiology' }])
    board.raise('recording.notStarted', 'the spool of ENT is full', [{ line: 'ent-adult' }])
    expect(seen(board, line('cardiology'))).toEqual([['recording.notStarted', 'it was raised again elsewhere since']])
    expect(seen(board, line('ent-adult'))).toEqual([['recording.notStarted', 'the spool of ENT is full']])
  })
})
