import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FlightRepeater } from './flight-repeater.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const hello = Buffer.from('hello')
const certificate = Buffer.from('certificate')
const finished = Buffer.from('finished')

function repeater(): { readonly flights: FlightRepeater; readonly sent: string[] } {
  const sent: string[] = []
  return { flights: new FlightRepeater((data) => sent.push(data.toString())), sent }
}

test('a flight that nobody answers is sent again after 50, 150 and 350 ms, and then left to the package', () => {
  const { flights, sent } = repeater()
  flights.send(hello)
  vi.advanceTimersByTime(49)
  expect(sent).toEqual(['hello'])
  vi.advanceTimersByTime(1)
  expect(sent).toHaveLength(2)
  vi.advanceTimersByTime(100)
  expect(sent).toHaveLength(3)
  vi.advanceTimersByTime(200)
  expect(sent).toHaveLength(4)
  vi.advanceTimersByTime(10_000)
  expect(sent).toHaveLength(4)
  flights.send(hello)
  vi.advanceTimersByTime(10_000)
  expect(sent).toHaveLength(5)
})

test('what has been answered is not sent again; the next flight is, as a whole', () => {
  const { flights, sent } = repeater()
  flights.send(hello)
  flights.heard()
  vi.advanceTimersByTime(1_000)
  expect(sent).toEqual(['hello'])
  flights.send(certificate)
  flights.send(finished)
  vi.advanceTimersByTime(50)
  expect(sent.slice(1)).toEqual(['certificate', 'finished', 'certificate', 'finished'])
})

test('after the handshake nothing is repeated', () => {
  const { flights, sent } = repeater()
  flights.send(hello)
  flights.close()
  flights.send(finished)
  vi.advanceTimersByTime(1_000)
  expect(sent).toEqual(['hello', 'finished'])
})
