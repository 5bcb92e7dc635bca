import { expect, it } from 'vitest'
import { keyInInfo } from './key-in-info.js'

const relay = 'application/dtmf-relay'
const plain = 'application/dtmf'

it.each([
  [relay, 'Signal=5\r\nDuration=160\r\n', '5', 160],
  [relay, 'Signal= 5\nDuration= 250\n', '5', 250],
  [relay, 'Signal= *\r\nDuration=100', '*', 100],
  ['Application/DTMF-Relay; charset=x', 'signal = #', '#', 0],
  [relay, 'SIGNAL=11', '#', 0],
  [relay, 'Duration=160\r\nSignal=d\r\n', 'D', 160],
  [relay, 'Signal="5"\r\nDuration="160"', '5', 160],
  [relay, 'Signal: 5\r\nDuration: 160', '5', 160],
  [relay, 'Signal=5;Duration=160', '5', 160],
  [relay, 'Signal=#;Duration=160', '#', 160],
  [relay, '5\r\n', '5', 0],
  [relay, '\r\nSignal=0\r\nVolume=10\r\nDuration=100', '0', 100],
  [plain, '7', '7', 0],
  [plain, ' 7 \r\n', '7', 0],
  [plain, '10\r\n', '*', 0],
  [plain, '12', 'A', 0],
  [plain, 'd', 'D', 0],
  [plain, '*', '*', 0],
  [plain, 'Signal=5', '5', 0],
  [plain, 'Signal=5\r\nDuration=160\r\n', '5', 160],
  [plain, '5\r\nDuration=160', '5', 160],
])('%s %j is %s, %d ms', (type, body, key, durationMs) => {
  expect(keyInInfo(type, body)).toEqual({ key, durationMs })
})

it.each([
  [plain, '77'],
  [plain, '16'],
  [plain, ''],
  [relay, 'Duration=160'],
  [relay, 'Signal='],
  [relay, 'Signal=12345'],
  ['application/media_control+xml', '<x/>'],
  [undefined, '5'],
  [plain, undefined],
])('%s %j is no key', (type, body) => {
  expect(keyInInfo(type, body)).toBeUndefined()
})
