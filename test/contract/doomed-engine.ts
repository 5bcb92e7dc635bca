/**
 * An engine that is going to be killed: takes one call, records it, lets the caller hear a tone, or rings somebody and connects the two. Says `ready`, then the
 * handles of its legs as JSON, each a line on its standard output; then it waits for its end.
 */
import { connectDrachtioSwitch, whenReady } from '../../src/switch/drachtio/connect.js'
import type { ServerSet } from '../../src/switch/drachtio/settings.js'
import type { Leg } from '../../src/switch/port.js'

const { set, recording, rings } = JSON.parse(process.env.DOOMED ?? '') as {
  readonly set: ServerSet
  readonly recording: string
  readonly rings: string | null
}
const telephone = connectDrachtioSwitch({ servers: [set], trunks: [] })
const never = new AbortController().signal
const say = (line: string): boolean => process.stdout.write(`${line}\n`)

telephone.onIncoming(async (call) => {
  const answer = await call.answer()
  if (answer.kind !== 'answered') throw new Error(answer.kind)
  const { leg } = answer
  const recorded = await leg.record(recording, { signal: never })
  if (recorded.kind !== 'recording') throw new Error(recorded.kind)
  void leg.play([{ kind: 'tone', tone: 'ringback' }])
  say(JSON.stringify(rings === null ? [leg.handle] : [leg.handle, (await connected(leg, rings)).handle]))
})

async function connected(caller: Leg, uri: string): Promise<Leg> {
  const dialled = await telephone.dial(
    { kind: 'uri', uri },
    { from: { number: '+441632960000' }, ringMs: 10_000, signal: never, near: caller },
  )
  if (dialled.kind !== 'answered') throw new Error(dialled.kind)
  const bridged = await telephone.bridge(caller, dialled.leg, { signal: never })
  if (bridged.kind !== 'bridged') throw new Error(bridged.kind)
  return dialled.leg
}

if (!(await whenReady(telephone, 10_000))) throw new Error(telephone.health().media.detail)
say('ready')
