import { describe, expect, it } from 'vitest'
import { smallDirectory } from '../../test/kit/calls/small-directory.js'
import type { Rota } from '../directory/model.js'
import type { RotaHistory } from '../directory/rota-history.js'
import { huntCandidates } from '../directory/rota.js'
import type { PastRinging } from '../store/past-ringing.js'
import { cliniciansThen, rotaInForce, ScenarioDirectories, type Scenario } from './scenario.js'

const directory = smallDirectory({
  lines: [{ id: 'cardiology', rota: ['dr-now'], kind: 'pifuAnswer', hours: { week: {}, exceptions: {} }, ncnPool: 'ncn' }],
  clinicians: { 'dr-now': ['+441', '+442'], 'dr-old': ['+443'] },
  pools: { ncn: { members: ['+449'] } },
})
const line = directory.lines.get('cardiology')!
const today = { rota: directory.rotas.get('cardiology')!, timeZone: 'Europe/London' }
const noon = Date.UTC(2026, 2, 10, 12)

const earlier: Rota = {
  line: 'cardiology',
  changes: [],
  pattern: [
    {
      name: 'Day',
      day: 'tue',
      span: { from: '09:00', to: '17:00' },
      entries: [
        { kind: 'clinician', clinician: 'dr-old' },
        { kind: 'clinician', clinician: 'dr-gone' },
      ],
    },
  ],
}
const history: RotaHistory = [{ validFrom: noon - 86_400_000, timeZone: 'Europe/London', rota: earlier, names: { 'dr-gone': 'Dr Gone' } }]

function rung(candidate: string, target: string): PastRinging {
  return {
    callId: 'c',
    attempt: 'c-1',
    line: 'cardiology',
    candidate,
    label: 'As labelled',
    pool: 'local',
    target,
    startedAt: noon,
    answeredAt: undefined,
    acceptedAt: undefined,
    endedAt: noon + 1,
    result: 'noAnswer',
    callEndedAt: undefined,
  }
}

function scenario(more: Partial<Scenario> = {}): Scenario {
  return {
    line,
    ring: { ...line.ring, ringSeconds: 7 },
    rotaAt: rotaInForce(history, today),
    clinicians: directory.clinicians,
    ncnPool: directory.pools.get('ncn'),
    ...more,
  }
}

const keysAt = (of: ScenarioDirectories, atMs: number) => {
  const found = of.directoryAt(atMs)
  return huntCandidates(found, found.lines.get('cardiology')!, 0).map(({ key }) => key)
}

describe('who is rung in a replay', () => {
  it('the rota planned when the call came; before its history begins, today’s', () => {
    const directories = new ScenarioDirectories(scenario())
    expect(keysAt(directories, noon)).toEqual(['clinician:dr-old'])
    expect(keysAt(directories, noon - 2 * 86_400_000)).toEqual(['clinician:dr-now'])
  })

  it('the same people share one directory, with the scenario’s policy, open and without questions', () => {
    const directories = new ScenarioDirectories(scenario())
    expect(directories.directoryAt(noon)).toBe(directories.directoryAt(noon + 60_000))
    expect(directories.directoryAt(noon).lines.get('cardiology')).toMatchObject({
      ring: { ringSeconds: 7 },
      hours: { week: 'always' },
      outcomes: [],
      ncnPool: 'ncn',
    })
  })

  it('names every telephone that could be rung, without its number in the label', () => {
    const directories = new ScenarioDirectories(scenario())
    expect(directories.telephones([noon - 2 * 86_400_000])).toEqual([
      { target: '+441', candidate: 'clinician:dr-now', label: 'dr-now', pool: 'local' },
      { target: '+442', candidate: 'clinician:dr-now', label: 'dr-now (number 2)', pool: 'local' },
      { target: '+449', candidate: 'phone:+449', label: 'phone +449', pool: 'ncn' },
    ])
  })

  it('rings people who have left, or have new numbers, on their numbers of that time', () => {
    const then = cliniciansThen(directory.clinicians, history, [
      rung('clinician:dr-gone', 'sip:gone@192.0.2.1'),
      rung('clinician:dr-old', '+447'),
      rung('clinician:dr-now', '+442'),
      rung('phone:+448', '+448'),
    ])
    expect(then.get('dr-gone')).toMatchObject({ name: 'Dr Gone', numbers: [{ kind: 'uri', uri: 'sip:gone@192.0.2.1' }] })
    expect(then.get('dr-old')?.numbers).toEqual([{ kind: 'number', number: '+447' }])
    expect(then.get('dr-now')).toBe(directory.clinicians.get('dr-now'))
    expect([...then.keys()].sort()).toEqual(['dr-gone', 'dr-now', 'dr-old'])
    expect(keysAt(new ScenarioDirectories(scenario({ clinicians: then })), noon)).toEqual(['clinician:dr-old', 'clinician:dr-gone'])
  })
})
