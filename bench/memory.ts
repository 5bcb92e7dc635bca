import { pause, type EngineUnderTest } from './engine.js'
import { figure } from './figure.js'
import type { PartResult } from './part.js'
import { onStage } from './stage.js'
import { lanes } from './world.js'

const few = 50
const many = 200
/** Slowly enough for machines that can carry only these. */
const perSecond = 6

interface Held {
  readonly resident: number
  readonly live: number
}

/**
 * The memory of each further call: the slope from 50 to 200 calls, after a full garbage collection. One-off costs
 * (the growing young generation, compiled code) are not in it.
 */
export async function memory(options: { readonly recorded: boolean }, tell: (line: string) => void): Promise<PartResult> {
  const all = lanes(many, 2_000, ['accept'])
  return onStage({ crowds: [all], oneCore: false, recorded: options.recorded, probe: true, endAtOnce: true }, async (engine, [phones]) => {
    if (!phones) throw new Error('no phones')
    await phones.call(0, 200)
    const places = [...all.keys()]
    tell(`${few} calls come up`)
    await phones.holdAll(places.slice(0, few), perSecond)
    const before = await held(engine)
    tell(`${many - few} more`)
    await phones.holdAll(places.slice(few), perSecond)
    const after = await held(engine)
    const slope = (of: 'resident' | 'live') => (sum(after, of) - sum(before, of)) / (many - few) / 2 ** 20
    const byProcess = Object.keys(after).map(
      (name) => `${name} ${(((after[name]?.resident ?? 0) - (before[name]?.resident ?? 0)) / (many - few) / 2 ** 20).toFixed(3)}`,
    )
    const what = options.recorded ? 'recorded' : 'bridged'
    return {
      figures: [
        figure({
          name: `memory of a further ${what} call`,
          unit: 'MB',
          of: `resident, from ${few} to ${many}`,
          value: slope('resident'),
          target: 0.3,
          freeswitchAlone: options.recorded ? '1.2' : '0.75',
          note: `after a collection; ${byProcess.join(', ')}`,
        }),
        figure({
          name: `memory of a further ${what} call`,
          unit: 'MB',
          of: `live, from ${few} to ${many}`,
          value: slope('live'),
          note: "V8's heap in use and what lies outside it, all threads",
        }),
      ],
      details: { before, after },
    }
  })
}

/** Bytes by process, once the crowd has settled. */
async function held(engine: EngineUnderTest): Promise<Readonly<Record<string, Held>>> {
  await pause(3_000)
  const by: Record<string, Held> = {}
  // The second collection returns what the first one has freed.
  await engine.ask('collect')
  await pause(500)
  for (const { process: name, thread, memory: of } of await engine.ask('collect')) {
    if (!of) continue
    const known = by[name] ?? { resident: 0, live: 0 }
    by[name] = { resident: thread === 0 ? of.rss : known.resident, live: known.live + of.heapUsed + of.external }
  }
  return by
}

function sum(by: Readonly<Record<string, Held>>, of: 'resident' | 'live'): number {
  return Object.values(by).reduce((total, one) => total + one[of], 0)
}
