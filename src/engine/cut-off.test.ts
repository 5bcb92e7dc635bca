import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { askTheServers } from './cut-off.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function cutOff(unheardMs: number, taken: readonly boolean[]) {
  const answers = [...taken]
  const asked = vi.fn(() => Promise.resolve(answers.shift() ?? false))
  const over = vi.fn()
  const end = askTheServers({ unheardMs }, { takenByOthers: asked }, over)
  return { asked, over, end }
}

test('while the database hears it, an engine asks its servers nothing', async () => {
  const { asked, over, end } = cutOff(1_900, [true])
  await vi.advanceTimersByTimeAsync(10_000)
  end()
  expect(asked).not.toHaveBeenCalled()
  expect(over).not.toHaveBeenCalled()
})

test('cut off, it goes on for as long as no other engine has taken its calls, however long that is', async () => {
  const { asked, over, end } = cutOff(60_000, [])
  await vi.advanceTimersByTimeAsync(60_000)
  end()
  expect(asked.mock.calls.length).toBeGreaterThan(100)
  expect(over).not.toHaveBeenCalled()
})

test('cut off, it ends when a channel of its own is another’s', async () => {
  const { over, end } = cutOff(2_500, [false, false, true])
  await vi.advanceTimersByTimeAsync(600)
  expect(over).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(300)
  end()
  expect(over).toHaveBeenCalledOnce()
})
