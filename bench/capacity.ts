import { pause } from './engine.js'
import { figure } from './figure.js'
import type { PartResult } from './part.js'
import type { CallTimes } from './phones/commands.js'
import { onStage } from './stage.js'
import { spread } from './statistics.js'
import { lanes } from './world.js'

const perSecond = 10
/** A caller who waits longer for an answer, or for a sound after it, counts as left in silence. */
const silenceMs = 2_000

/**
 * This many recorded calls on one processor, set up at 10 a second and held; then enough more to exceed what the machine can
 * carry. Those have to be refused before the answer, and in time.
 */
export async function capacity(
  options: { readonly calls: number; readonly beyond: number; readonly seconds: number },
  tell: (line: string) => void,
): Promise<PartResult> {
  const all = lanes(options.calls + options.beyond, 2_000, ['accept'])
  return onStage({ crowds: [all], oneCore: true, recorded: true, endAtOnce: true }, async (engine, [phones]) => {
    if (!phones) throw new Error('no phones')
    const places = [...all.keys()]
    await phones.call(0, 200)
    tell(`${options.calls} recorded calls come up, ${perSecond} a second`)
    await phones.listen()
    const carried = await phones.hold(places.slice(0, options.calls), perSecond)
    const comingUp = await phones.heard()
    tell(`they stay for ${options.seconds} s`)
    await phones.listen()
    const cpu = engine.cpuSeconds()
    await pause(options.seconds * 1_000)
    const share = (engine.cpuSeconds() - cpu) / options.seconds
    const staying = await phones.heard()
    tell(`${options.beyond} more, ${perSecond} a second`)
    await phones.listen()
    const further = await phones.hold(places.slice(options.calls), perSecond)
    const beyond = await phones.heard()

    const up = carried.filter((times) => times.failed === undefined).length
    const lostOf = (heard: typeof staying) => (100 * heard.lost) / Math.max(1, heard.received + heard.lost)
    const refused = further.filter((times) => times.refused !== undefined)
    const refusal = spread(refused.map((times) => (times.refused?.at ?? Number.NaN) - times.inviteAt))
    const wrongly = refused.filter((times) => times.refused?.status !== 503).length
    const everybody = [...carried, ...further]
    const unanswered = everybody.filter((times) => times.okAt === undefined && times.refused === undefined)
    const late = everybody.filter((times) => (times.okAt ?? times.refused?.at ?? Infinity) - times.inviteAt > silenceMs)
    const silent = everybody.filter((times) => times.okAt !== undefined && soundAt(times) - times.okAt > silenceMs)
    const notConnected = everybody.filter((times) => times.okAt !== undefined && times.failed !== undefined)
    const of = `${options.calls} recorded calls, ${perSecond} a second`
    const what = `of ${everybody.length} calls`
    return {
      figures: [
        figure({
          name: 'calls that come up on one processor',
          unit: 'calls',
          atLeast: true,
          of,
          value: up,
          target: options.calls,
          note: reasons(carried),
        }),
        figure({
          name: 'packets lost, once they are up',
          unit: '%',
          of,
          value: lostOf(staying),
          target: 0,
          note: `${lostOf(comingUp).toFixed(2)} % while they came up; ${Math.round(share * 100)} % of the processor used`,
        }),
        figure({
          name: 'delay, once they are up',
          unit: 'ms',
          scale: 'message',
          of: `p99, ${of}`,
          value: staying.delay.p99,
          target: 20,
          note: `${comingUp.delay.p99} ms while they came up; the phones' own clock was late by ${staying.ownLatenessMs} ms (p99)`,
        }),
        figure({
          name: 'beyond: refused before the answer',
          unit: 'calls',
          of: `of the last ${further.length}`,
          value: refused.length,
          note: `${wrongly} with another status than 503; ${reasons(further)}`,
        }),
        figure({ name: 'beyond: INVITE -> 503', unit: 'ms', scale: 'message', of: 'p99', value: refusal.p99, spread: refusal }),
        figure({ name: 'beyond: no final answer at all', unit: 'calls', of: what, value: unanswered.length, target: 0 }),
        figure({ name: `beyond: no final answer within ${silenceMs / 1_000} s`, unit: 'calls', of: what, value: late.length, target: 0 }),
        figure({
          name: `beyond: answered, and silent for ${silenceMs / 1_000} s`,
          unit: 'calls',
          of: what,
          value: silent.length,
          target: 0,
        }),
        figure({ name: 'beyond: answered, and never connected', unit: 'calls', of: what, value: notConnected.length, target: 0 }),
        figure({
          name: 'beyond: delay',
          unit: 'ms',
          scale: 'message',
          of: 'p99',
          value: beyond.delay.p99,
          note: `${lostOf(beyond).toFixed(2)} % of the packets lost`,
        }),
      ],
      details: {
        comingUp,
        staying,
        beyond,
        further: further.map(({ inviteAt, okAt, refused: no, failed, callerHeardAt }) => ({
          inviteAt,
          okAt,
          refused: no,
          failed,
          callerHeardAt,
        })),
      },
    }
  })
}

/** The caller hears something: a tone, a sentence, the specialist. */
function soundAt(times: CallTimes): number {
  return Math.min(times.callerHeardAt ?? Infinity, times.hearsSpecialistAt ?? Infinity)
}

function reasons(calls: readonly CallTimes[]): string {
  const counts = new Map<string, number>()
  for (const { failed } of calls) if (failed !== undefined) counts.set(failed, (counts.get(failed) ?? 0) + 1)
  return counts.size === 0 ? 'all came up' : [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ')
}
