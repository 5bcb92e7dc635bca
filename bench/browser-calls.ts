import { pause } from './engine.js'
import { figure, type Figure } from './figure.js'
import { load } from './load.js'
import type { PartResult } from './part.js'
import type { CallTimes } from './phones/commands.js'
import { onStage } from './stage.js'
import { spread } from './statistics.js'
import { lanes } from './world.js'

export interface BrowserCallOptions {
  /** Calls whose set-up is measured, one at a time. */
  readonly calls: number
  /** Browsers that talk at once, and for how long. */
  readonly sizes: readonly number[]
  readonly seconds: number
}

const voiceNote =
  'until the later of: the first packet of the service is heard (decrypted), and keys are agreed, so that the own voice leaves; from loopback, so without the network'

/** Calls whose caller is a browser: WebSocket, ICE, DTLS-SRTP by werift in the process of the phones; the specialist has a telephone. */
export async function browserCalls({ calls, sizes, seconds }: BrowserCallOptions, tell: (line: string) => void): Promise<PartResult> {
  const times = await onStage(
    { crowds: [lanes(1, 2_000, ['accept'])], oneCore: false, recorded: true, browsers: true },
    async (_, [phones]) => {
      if (!phones) throw new Error('no phones')
      tell('warming up')
      for (let n = 0; n < 3; n++) await phones.call(0, 100)
      tell(`${calls} calls, one at a time`)
      const all: CallTimes[] = []
      for (let n = 0; n < calls; n++) {
        all.push(await phones.call(0, 100))
        await pause(150)
      }
      return all
    },
  )
  const failed = times.filter((one) => one.failed !== undefined)
  if (failed.length > 0) throw new Error(`${failed.length} of ${calls} calls failed: ${failed[0]?.failed ?? ''}`)
  const crowds = await load({ sizes, seconds, recorded: false, browsers: true }, tell)
  const opus = await load({ sizes, seconds, recorded: false, browsers: true, opus: true }, tell)
  return {
    figures: [...setUpFigures(times), ...crowds.figures, ...opus.figures],
    details: { setUp: times, crowds: crowds.results, opus: opus.results },
  }
}

function setUpFigures(times: readonly CallTimes[]): readonly Figure[] {
  const since = (from: (one: CallTimes) => number | undefined) =>
    spread(
      times.map((one) => {
        const begun = from(one)
        return begun === undefined || one.voiceBothWaysAt === undefined ? undefined : one.voiceBothWaysAt - begun
      }),
    )
  const invite = since(({ inviteAt }) => inviteAt)
  const ok = since(({ okAt }) => okAt)
  // Mostly timers of ICE and DTLS, the same on every machine: so is the target.
  return [
    figure({
      name: 'browser: INVITE -> voice both ways',
      unit: 'ms',
      of: 'p95',
      value: invite.p95,
      target: 400,
      spread: invite,
      note: voiceNote,
    }),
    figure({
      name: 'browser: 200 -> voice both ways',
      unit: 'ms',
      of: 'p95',
      value: ok.p95,
      spread: ok,
      note: voiceNote,
    }),
  ]
}
