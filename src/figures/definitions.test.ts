import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { callEndings } from '../facts/endings.js'
import type { CallEnding } from '../facts/events.js'
import { answerRate, classOf, connectionMs, figureDefinitions, isOffered, nowDefinitions, type EndedCall } from './definitions.js'

const hunted: EndedCall = { kind: 'dialIn', ending: 'unanswered', line: 'cardiology', lineChosenAfterMs: 12_000, endedAfterMs: 60_000 }

describe('what became of a call', () => {
  it.each<[string, EndedCall, string]>([
    ['two people talked', { ...hunted, ending: 'completed', talkStartedAfterMs: 40_000 }, 'answered'],
    ['they talked, and then the engine died', { ...hunted, ending: 'interrupted', talkStartedAfterMs: 40_000 }, 'answered'],
    ['nobody accepted', hunted, 'unanswered'],
    ['nobody was on the rota', { ...hunted, ending: 'noRota' }, 'unanswered'],
    ['the patient asked to be called back', { ...hunted, kind: 'pifuAnswer', ending: 'callBackRequested' }, 'unanswered'],
    ['the caller gave up after five seconds of ringing', { ...hunted, ending: 'abandonedInHunt', endedAfterMs: 17_000 }, 'abandoned'],
    ['the caller gave up a moment before', { ...hunted, ending: 'abandonedInHunt', endedAfterMs: 16_999 }, 'abandonedEarly'],
    ['the line was closed', { ...hunted, ending: 'lineClosed' }, 'closed'],
    ['the caller hung up in the menu', { kind: 'dialIn', ending: 'abandonedInMenu', endedAfterMs: 9_000 }, 'notOffered'],
    ['the engine failed in the menu', { kind: 'dialIn', ending: 'engineFault', endedAfterMs: 9_000 }, 'notOffered'],
    ['the engine failed while a specialist was rung', { ...hunted, ending: 'engineFault' }, 'unanswered'],
    [
      'the engine died before the answer, and another one took the call',
      { kind: 'dialIn', ending: 'cameAgain', endedAfterMs: 900 },
      'again',
    ],
    ['a call-back was made', { kind: 'pifuCallBack', ending: 'completed', talkStartedAfterMs: 9_000, endedAfterMs: 60_000 }, 'arranged'],
  ])('%s', (_what, call, expected) => expect(classOf(call)).toBe(expected))

  it.each(Object.keys(callEndings) as CallEnding[])('%s is one of the classes', (ending) => {
    expect(classOf({ ...hunted, ending })).toMatch(/^(unanswered|abandoned|closed|notOffered|again)$/)
    expect(isOffered(classOf({ ...hunted, ending, talkStartedAfterMs: 20_000 }))).toBe(true)
  })
})

describe('figures', () => {
  it('the connection is counted from the choice of the line', () => {
    expect(connectionMs({ ...hunted, talkStartedAfterMs: 45_000 })).toBe(33_000)
    expect(connectionMs(hunted)).toBeUndefined()
  })

  it('the answer rate counts every offered call, and is undefined without calls', () => {
    expect(answerRate({ answered: 8, unanswered: 1, abandoned: 1 })).toBe(0.8)
    expect(answerRate({ answered: 0, unanswered: 0, abandoned: 0 })).toBeUndefined()
  })

  it('are the same in docs/figures.md', () => {
    const page = readFileSync(new URL('../../docs/figures.md', import.meta.url), 'utf8')
    for (const [name, meaning] of Object.entries({ ...figureDefinitions, ...nowDefinitions }))
      expect(page).toContain(`| \`${name}\` | ${meaning} |`)
  })
})
