import { describe, expect, it } from 'vitest'
import { Scenario } from '../../test/kit/calls/scenario.js'
import type { Line, Organisation } from '../directory/model.js'

const [mine, colleague] = ['+447700900001', '+447700900002'] as const

function pressed(): Scenario {
  const scenario = new Scenario({
    directory: {
      lines: [{ id: 'Cardiology', rota: ['dr-okafor', 'dr-prasad'] }],
      clinicians: { 'dr-okafor': [mine], 'dr-prasad': [colleague] },
    },
  })
  return scenario
}

function press({ world }: Scenario): void {
  const { directory } = world
  const clinician = directory.clinicians.get('dr-okafor')
  if (!clinician) throw new Error('nobody presses')
  world.desk.ring({
    clinician,
    line: directory.lines.get('Cardiology') as Line,
    organisation: directory.organisations.get('trust') as Organisation,
  })
}

describe('a line that a clinician rings with one press', () => {
  it('rings them first, and after key 1 the line, on whose rota they are passed over', async () => {
    const scenario = pressed()
    const [own, other] = [scenario.phone(mine), scenario.phone(colleague)]
    press(scenario)
    await own.answers()
    await own.hears('whisper-own-call')
    own.presses('1')
    await other.answers()
    await other.hears('whisper-call-from')
    other.presses('1')
    await own.and(other).hearEachOther()
    own.hangsUp()
    await scenario.isOver()
    const record = scenario.record()
    expect(record).toMatchObject({
      kind: 'line',
      line: 'Cardiology',
      organisation: 'trust',
      assigned: 'dr-okafor',
      refs: 1,
      ending: 'completed',
    })
    expect(record.attempts.map(({ clinician, pool, result }) => [clinician, pool, result])).toEqual([
      ['dr-okafor', 'direct', 'connected'],
      ['dr-prasad', 'local', 'accepted'],
    ])
    expect(record.attempts.find(({ attempt }) => attempt === record.acceptedBy)?.clinician).toBe('dr-prasad')
    // The wait is for the specialist, not for the clinician to pick up.
    expect(record.waitMs).toBeLessThan((record.acceptedAt ?? 0) - record.arrivedAt)
    expect(scenario.world.leftovers()).toBeUndefined()
  })

  it('rings nobody else where their answerphone answers', async () => {
    const scenario = pressed()
    const own = scenario.phone(mine)
    press(scenario)
    await own.answers()
    await own.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'abandonedBeforeAnswer', refs: 0 })
    expect(scenario.record()).not.toHaveProperty('line')
    expect(scenario.record().attempts).toHaveLength(1)
    expect(scenario.world.leftovers()).toBeUndefined()
  })

  it('ends where they do not answer, and where they hang up before they press', async () => {
    const scenario = pressed()
    const own = scenario.phone(mine)
    press(scenario)
    await own.ringsFor(25)
    await scenario.isOver()
    expect(scenario.record().ending).toBe('abandonedBeforeAnswer')
    expect(scenario.world.leftovers()).toBeUndefined()
  })
})
