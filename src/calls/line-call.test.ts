import { describe, expect, it } from 'vitest'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'

const first = '+447700900001'
const second = '+447700900002'
const third = '+447700900003'

describe('a GP rings the Dial-In number', () => {
  it('is welcomed, chooses a line by key, is hunted to the second specialist and talks; the outcome is left', async () => {
    const scenario = new Scenario({
      directory: {
        lines: [
          { id: 'Cardiology', rota: [third] },
          {
            id: 'Paediatrics',
            rota: [first, second],
            blurb: 'Have the NHS number ready.',
            outcomes: [
              { id: 'avoided', label: 'Referral avoided' },
              { id: 'made', label: 'Referral made' },
            ],
          },
        ],
      },
    })
    const gp = scenario.caller()
    const [one, two] = [scenario.phone(first), scenario.phone(second)]

    await gp.dials(dialIn)
    await gp.hears('welcome')
    await gp.hears('menu-for')
    await gp.hears('Cardiology')
    await gp.hears('Paediatrics')
    gp.presses('2')
    await gp.hears('ringing-line')
    await one.ringsFor(20)
    await two.answers()
    await two.hears('whisper-call-from')
    await two.hears('Elm Surgery')
    await two.hears('Paediatrics')
    await two.hears('whisper-press-one')
    two.presses('1')
    await gp.and(two).hearEachOther()
    await scenario.passes(60)
    two.hangsUp()
    await gp.hears('outcome-ask')
    gp.presses('1')
    await gp.hears('outcome-kept')
    await gp.isReleased()
    await scenario.isOver()

    const record = scenario.record()
    expect(record).toMatchObject({
      ending: 'completed',
      line: 'Paediatrics',
      organisation: 'Elm Surgery',
      refs: 2,
      talkEndedBy: 'specialist',
      outcome: { outcome: 'avoided', by: 'caller' },
    })
    expect(record.attempts.map(({ result }) => result)).toEqual(['noAnswer', 'accepted'])
    expect(record.attempts[1]?.proof?.heard).toEqual({ kind: 'key', key: '1', source: 'rfc4733' })
    expect(scenario.world.recordings.finished).toHaveLength(1)
  })

  it('hears one continuous ringing while three specialists are rung, from the words on', async () => {
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first, second, third] }] } })
    const gp = scenario.caller()
    const [one, two, three] = [scenario.phone(first), scenario.phone(second), scenario.phone(third)]
    await gp.dials(dialIn)
    await gp.hears('ringback')
    await one.ringsFor(20)
    await two.refuses('busy')
    await three.answers()
    expect(gp.heard()).toEqual(['welcome', 'calls-are-recorded', 'ringing-line', 'Cardiology', 'ringback'])
    gp.hangsUp()
    await three.hears('caller-hung-up')
    await scenario.isOver()
  })
})
