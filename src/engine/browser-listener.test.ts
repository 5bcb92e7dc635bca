import { expect, it } from 'vitest'
import { readSettings } from '../config/settings.js'
import type { EmbeddedServers } from '../embedded-servers.js'
import { browserListener, browserSip, isReachable } from './browser-listener.js'

const embedded = (address: string) => ({ webSocket: { address, port: 5066 } }) as EmbeddedServers

it.each([
  ['127.0.0.1', {}, 'ws://127.0.0.1:5066', 'ws://127.0.0.1:5066', true],
  ['::1', {}, 'ws://[::1]:5066', 'ws://[::1]:5066', true],
  ['192.0.2.8', {}, 'ws://192.0.2.8:5066', 'ws://192.0.2.8:5066', false],
  ['0.0.0.0', { RINGROUND_SIP_EXTERNAL_ADDRESS: '192.0.2.8' }, 'ws://0.0.0.0:5066', 'ws://192.0.2.8:5066', false],
  ['127.0.0.1', { RINGROUND_BROWSER_SIP: 'ws://192.0.2.9:5062' }, 'ws://192.0.2.9:5062', 'ws://192.0.2.9:5062', false],
] as const)('a switch that listens at %s with %j', (address, env, own, others, hereAlone) => {
  const settings = readSettings({ root: './none', env })
  expect(browserSip(settings, embedded(address))).toBe(own)
  const listener = browserListener(settings, embedded(address))
  expect(listener?.sip).toBe(others)
  if (listener === undefined) return
  expect([isReachable(listener), isReachable(listener, 'another-machine')]).toEqual([true, !hereAlone])
})

it('takes no browsers where neither is there', () => {
  const settings = readSettings({ root: './none', env: {} })
  expect([browserSip(settings, undefined), browserListener(settings, undefined)]).toEqual([undefined, undefined])
})
