import { expect, test } from 'vitest'
import { Faults } from './faults.js'

test('the n-th message that matches is dropped, as often as asked for', () => {
  const faults = new Faults()
  faults.arm({ kind: 'drop', stream: 'sip', nth: 2, times: 2, matching: 'BYE' })
  const verdicts = ['BYE 1', 'INVITE', 'BYE 2', 'BYE 3', 'BYE 4'].map((text) => faults.judge('sip', text).kind)
  expect(verdicts).toEqual(['send', 'send', 'drop', 'drop', 'send'])
  expect(faults.judge('app', 'BYE').kind).toBe('send')
})

test('all faults are withdrawn at once', () => {
  const faults = new Faults()
  faults.arm({ kind: 'neverBye' })
  faults.arm({ kind: 'refuseChannels' })
  faults.arm({ kind: 'forgetDialogs' })
  faults.arm({ kind: 'losePackets', share: 7 })
  expect([faults.neverBye, faults.refuseChannels, faults.forgetDialogs, faults.packetLoss]).toEqual([true, true, true, 1])
  faults.arm({ kind: 'none' })
  expect([faults.neverBye, faults.refuseChannels, faults.forgetDialogs, faults.packetLoss, faults.watching]).toEqual([
    false,
    false,
    false,
    0,
    false,
  ])
})
