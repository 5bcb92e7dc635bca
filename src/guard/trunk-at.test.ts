import { expect, test } from 'vitest'
import { trunkAt } from './trunk-at.js'

const main = { name: 'main', address: '192.0.2.10:5060' }
const second = { name: 'second', address: '192.0.2.10:5070;transport=tcp' }
const six = { name: 'six', address: '[2001:db8::1]:5061' }
const named = { name: 'named', address: 'sip.example.net' }
const here = { name: 'here', address: '127.0.0.1:5090' }

test.each<[string, number, readonly (typeof main)[], string | undefined]>([
  ['192.0.2.10', 5060, [main, six], 'main'],
  ['192.0.2.10', 49_152, [main, six], 'main'],
  ['192.0.2.10', 5070, [main, second], 'second'],
  ['192.0.2.10', 49_152, [main, second], undefined],
  ['192.0.2.11', 5060, [main], undefined],
  ['2001:db8::1', 5061, [main, six], 'six'],
  ['127.0.0.1', 5090, [here], 'here'],
  ['127.0.0.1', 5091, [here], undefined],
  ['192.0.2.10', 5060, [named], undefined],
  ['192.0.2.10', 5060, [], undefined],
])('a call from %s port %i, with trunks %o, came by %s', (address, port, trunks, expected) => {
  expect(trunkAt({ address, port, protocol: 'udp' }, trunks)).toBe(expected)
})
