import { describe, expect, it } from 'vitest'
import { answerSessionTimer, intervalWanted, refreshedBy, type Refresher } from './session-timer.js'

const headers = (map: Record<string, string>) => ({ get: (name: string) => map[name] })

describe('a party that asks for a session timer', () => {
  it.each<[string, Record<string, string>, Refresher | undefined, string, Refresher]>([
    [
      'keeps the refresher that it asked for: itself',
      { 'Session-Expires': '1800;refresher=uac', Supported: 'timer' },
      undefined,
      '1800;refresher=uac',
      'them',
    ],
    [
      'keeps the refresher that it asked for: us',
      { 'Session-Expires': '1800; Refresher=UAS', Supported: '100rel, timer' },
      undefined,
      '1800;refresher=uas',
      'us',
    ],
    ['refreshes itself when it does not say', { 'Session-Expires': '1800', Supported: 'timer' }, undefined, '1800;refresher=uac', 'them'],
    [
      'takes over when it asks again and does not say',
      { 'Session-Expires': '1800', Supported: 'timer' },
      'us',
      '1800;refresher=uac',
      'them',
    ],
    [
      'hands over when it refreshed until now and does not say',
      { 'Session-Expires': '1800', Supported: 'timer' },
      'them',
      '1800;refresher=uas',
      'us',
    ],
    ['may require it instead', { 'Session-Expires': '600', Require: 'timer' }, undefined, '600;refresher=uac', 'them'],
    [
      'cannot refresh when it knows nothing of timers and a proxy asked',
      { 'Session-Expires': '1800', Supported: 'replaces' },
      undefined,
      '1800;refresher=uas',
      'us',
    ],
    [
      'gets no less than its own minimum',
      { 'Session-Expires': '100', 'Min-SE': '300', Supported: 'timer' },
      undefined,
      '300;refresher=uac',
      'them',
    ],
    [
      'gets no less than the least there is, where it could not understand a refusal',
      { 'Session-Expires': '30' },
      undefined,
      '90;refresher=uas',
      'us',
    ],
  ])('%s', (_, map, before, expires, refresher) => {
    expect(answerSessionTimer(headers(map), before)).toEqual({
      kind: 'timed',
      refresher,
      seconds: Number(expires.split(';')[0]),
      headers: { 'Session-Expires': expires, ...(refresher === 'them' ? { Require: 'timer' } : {}) },
    })
  })

  it('is told the least there is when it asks for less', () => {
    expect(answerSessionTimer(headers({ 'Session-Expires': '89', Supported: 'timer' }))).toEqual({
      kind: 'tooShort',
      headers: { 'Min-SE': '90' },
    })
  })

  it.each<Record<string, string>>([
    {},
    { Supported: 'timer' },
    { 'Session-Expires': 'soon', Supported: 'timer' },
    { 'Session-Expires': '0', Supported: 'timer' },
  ])('is not there: %j', (map) => {
    expect(answerSessionTimer(headers(map))).toEqual({ kind: 'none' })
  })
})

it('the answer to our own INVITE says who refreshes', () => {
  expect(refreshedBy(headers({ 'Session-Expires': '1800;refresher=uas' }))).toEqual({ refresher: 'them', seconds: 1_800 })
  expect(refreshedBy(headers({ 'Session-Expires': '1800;refresher=uac' }))).toEqual({ refresher: 'us', seconds: 1_800 })
  expect(refreshedBy(headers({ 'Session-Expires': '1800' }))).toEqual({ refresher: 'us', seconds: 1_800 })
  expect(refreshedBy(headers({}))).toBeUndefined()
})

it('a refusal names the interval that it wants', () => {
  expect(intervalWanted(headers({ 'Min-SE': '3600' }))).toBe(3600)
  expect(intervalWanted(headers({ 'Min-SE': '10' }))).toBeUndefined()
  expect(intervalWanted(headers({}))).toBeUndefined()
})
