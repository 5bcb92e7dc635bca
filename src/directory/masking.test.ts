import { expect, test } from 'vitest'
import { maskedTarget, withoutTargets } from './masking.js'

test.each([
  ['+447700900123', '+44••••••••23'],
  ['1001', '•••'],
  ['sip:okafor@10.0.0.7:5060;transport=tcp', 'sip:•••'],
])('of %s the operations page sees %s', (target, masked) => {
  expect(maskedTarget(target)).toBe(masked)
})

test('a number is masked in every form and place', () => {
  const value = {
    candidate: 'phone:+447700900123',
    detail: ['BYE sip:07700900123@trunk', 'tel 447700900123', '7700900123', 'caller 07700 900123 until 10:15'],
    count: 7,
    nothing: null,
    far: { deep: '"+447700900123"' },
  }
  const masked = JSON.stringify(withoutTargets(value, ['+447700900123']))
  expect(masked).not.toMatch(/900 ?123/)
  expect(JSON.parse(masked)).toMatchObject({ count: 7, nothing: null })
})

test('the user part of an address is looked for only when it is a number', () => {
  const value = ['INVITE sip:07700900123@gw', 'the line of Dr Okafor', 'sip:okafor@10.0.0.7 answered 486']
  expect(withoutTargets(value, ['sip:07700900123@10.0.0.9', 'sip:okafor@10.0.0.7'])).toEqual([
    'INVITE sip:077••••••23@gw',
    'the line of Dr Okafor',
    'sip:••• answered 486',
  ])
})

test('a telephone of our own goes by its name: that gives no number away', () => {
  expect(maskedTarget('device:okafor-desk')).toBe('device:okafor-desk')
  const value = { target: 'device:okafor-desk', detail: 'device:okafor-desk and 07700900123' }
  expect(withoutTargets(value, ['device:okafor-desk', '+447700900123'])).toEqual({
    target: 'device:okafor-desk',
    detail: 'device:okafor-desk and 077••••••23',
  })
})

test('without targets a value is unchanged', () => {
  const value = { a: 1 }
  expect(withoutTargets(value, [])).toBe(value)
})
