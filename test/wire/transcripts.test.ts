import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Replay } from './replay.js'
import { silence } from './silence.js'
import { startSwitch } from './switch-under-test.js'
import { TOLERATED, tolerated } from './tolerated.js'
import { readTranscript } from './transcript.js'

/** The tolerances that were needed. */
const used = new Set<string>()

const opened: (() => unknown)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

test.each(['hunt', 'bridge-and-record', 'odd-cases'])(
  'what was recorded of the real servers in the session "%s" comes back in the same shape',
  { timeout: 120_000 },
  async (name) => {
    const { embedded, where } = await startSwitch()
    opened.push(() => embedded.stop())
    const folder = mkdtempSync(join(tmpdir(), 'replay-'))
    opened.push(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'beep.wav'), silence(400))
    writeFileSync(join(folder, 'prompt523.wav'), silence(9480))
    const replay = new Replay(readTranscript(name), where, {
      exchange: {
        '/srv/media/sounds/': `${folder}/`,
        '/srv/media/rec/': `${folder}/`,
        '/srv/media/var/rec/': `${folder}/`,
        // Not spoken: MP3 and local streams. What is recorded and played in their place keeps the session going.
        'proof.mp3': name === 'odd-cases' ? 'beep.wav' : 'proof-2.wav',
        'local_stream://moh': 'tone_stream://%(60000,0,400)',
      },
    })
    await replay.run()
    const unexpected = replay.differences.filter((difference) => {
      const id = tolerated(difference)
      if (id !== undefined) used.add(id)
      return id === undefined
    })
    expect(
      unexpected.map(({ step, on, what, recorded, live }) => `step ${step} on ${on}: ${what}\n  then: ${recorded}\n  now:  ${live}`),
    ).toEqual([])
  },
)

test('no difference is tolerated that does not occur', () => {
  expect(TOLERATED.filter(({ id, byChance }) => !used.has(id) && byChance !== true).map(({ id }) => id)).toEqual([])
})
