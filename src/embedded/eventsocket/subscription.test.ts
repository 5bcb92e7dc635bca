import { expect, test } from 'vitest'
import { EventBus, type EventListener } from './event-bus.js'
import { encodeValue, HeaderBlock } from './header-block.js'
import { Subscription } from './subscription.js'
import { SwitchEvent } from './switch-event.js'

function event(name: string, uuid: string, more: [string, string][] = []): SwitchEvent {
  return new SwitchEvent({ name, uuid, blocks: [new HeaderBlock([['Event-Name', name], ['Unique-ID', uuid], ...more])] })
}

test('what follows CUSTOM are subclasses, and SWITCH_EVENT_ may stand in front of a name', () => {
  const subscription = new Subscription()
  expect(subscription.add(['json', 'SWITCH_EVENT_PLAYBACK_START', 'CUSTOM', 'conference::maintenance', 'BACKGROUND_JOB'])).toBe(true)
  expect(subscription.format).toBe('json')
  expect(subscription.mayWant('PLAYBACK_START', undefined, 'a')).toBe(true)
  expect(subscription.mayWant('BACKGROUND_JOB', undefined, undefined)).toBe(false)
  expect(subscription.mayWant('CUSTOM', 'conference::maintenance', undefined)).toBe(true)
  expect(subscription.add(['nonsense'])).toBe(false)
})

test('filters let pass what one of them matches; a minus excludes; slashes are a pattern', () => {
  const subscription = new Subscription()
  subscription.add(['ALL'])
  subscription.addFilter('Unique-ID', 'a')
  subscription.addFilter('Unique-ID', '/^b/')
  expect(['a', 'A', 'bcd', 'c'].map((uuid) => subscription.passes(event('DTMF', uuid)))).toEqual([true, true, true, false])
  subscription.addFilter('DTMF-Digit', '-5')
  expect(subscription.passes(event('DTMF', 'a', [['DTMF-Digit', '5']]))).toBe(false)
  subscription.deleteFilter('all', undefined)
  expect(subscription.passes(event('DTMF', 'c'))).toBe(true)
})

test('a connection that hears of one channel is known to, whatever else is excluded', () => {
  const subscription = new Subscription()
  subscription.add(['CHANNEL_EXECUTE'])
  subscription.addFilter('Unique-ID', 'a')
  subscription.addFilter('Application', '-park')
  expect(subscription.onlyUuid).toBe('a')
  const passes = (application: string): boolean => subscription.passes(event('CHANNEL_EXECUTE', 'a', [['Application', application]]))
  expect(['playback', 'park', 'PARK', 'parking'].map(passes)).toEqual([true, false, false, true])
  // As FreeSWITCH reads it: a pattern cannot exclude.
  subscription.addFilter('Application', '-/play.*/')
  expect(passes('playback')).toBe(true)
  subscription.addFilter('Application', 'park')
  expect(subscription.onlyUuid).toBeUndefined()
})

test('nixevent takes one name out of all', () => {
  const subscription = new Subscription()
  subscription.add(['ALL'])
  subscription.remove(['DTMF'])
  expect([subscription.mayWant('DTMF', undefined, 'a'), subscription.mayWant('HEARTBEAT', undefined, undefined)]).toEqual([false, true])
})

test('an event that nobody wants is never built, and each listener is asked about its own channel only', () => {
  const bus = new EventBus()
  const heard: string[] = []
  const listener = (name: string, uuid?: string): EventListener => {
    const subscription = new Subscription()
    subscription.add(['DTMF'])
    if (uuid !== undefined) subscription.addFilter('Unique-ID', uuid)
    return { subscription, deliver: () => heard.push(name) }
  }
  const a = listener('a', 'a')
  bus.file(a)
  bus.file(listener('b', 'b'))
  bus.file(listener('everything'))
  let built = 0
  const publish = (name: string, uuid: string): void => bus.publish({ name, uuid }, () => (built++, event(name, uuid)))
  publish('PLAYBACK_START', 'a')
  expect(built).toBe(0)
  publish('DTMF', 'a')
  expect([built, heard]).toEqual([1, ['a', 'everything']])
  bus.remove(a)
  publish('DTMF', 'a')
  expect(heard).toEqual(['a', 'everything', 'everything'])
})

test('plain events are percent-encoded as FreeSWITCH encodes them', () => {
  expect(encodeValue('Sat, 21 Nov <sip:a@b>;x=1+2/3')).toBe('Sat,%2021%20Nov%20%3Csip%3Aa%40b%3E%3Bx%3D1%2B2/3')
  expect(encodeValue('é\r\n')).toBe('%C3%A9%0D%0A')
})

test('a body goes along in both formats, with its length in bytes', () => {
  const job = new SwitchEvent({ name: 'BACKGROUND_JOB', blocks: [new HeaderBlock([['Event-Name', 'BACKGROUND_JOB']])], body: 'é' })
  expect(job.frame('plain')).toContain('Event-Name: BACKGROUND_JOB\nContent-Length: 2\n\né')
  const json = job.frame('json')
  expect(JSON.parse(json.slice(json.indexOf('\n\n') + 2))).toEqual({ 'Event-Name': 'BACKGROUND_JOB', 'Content-Length': '2', _body: 'é' })
})
