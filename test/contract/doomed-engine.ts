/**
 * An engine that is going to be killed: takes one call, records it, plays the caller a tone, or rings a telephone and connects the two; or is killed before it has kept the handles of
 * either, with what it knew before they answered. Says `ready`, then the
 * handles of its legs as JSON, each a line on its standard output; then it waits for its end.
 */
import { connectDrachtioSwitch, whenReady } from '../../src/switch/drachtio/connect.js'
import type { ServerSet } from '../../src/switch/drachtio/settings.js'
import type { Leg } from '../../src/switch/port.js'

const { set, recording, rings, untold } = JSON.parse(process.env.DOOMED ?? '') as {
  readonly set: ServerSet
  readonly recording: string
  readonly rings: string | null
  readonly untold: boolean
}
const telephone = connectDrachtioSwitch({ servers: [set], trunks: [] })
const never = new AbortController().signal
const say = (line: string): boolean => process.stdout.write(`${line}\n`)

telephone.onIncoming(async (call) => {
  const answer = await call.answer()
  if (answer.kind !== 'answered') throw new Error(answer.kind)
  const { leg } = answer
  if (untold) {
    let sent = ''
    const dialled = await ring(leg, rings ?? '', (handle) => (sent = handle))
    say(JSON.stringify([call.handle, sent, dialled.id]))
    return
  }
  leg.outlive()
  const recorded = await leg.record(recording, { signal: never })
  if (recorded.kind !== 'recording') throw new Error(recorded.kind)
  void leg.play([{ kind: 'tone', tone: 'ringback' }])
  say(JSON.stringify(rings === null ? [leg.handle] : [leg.handle, (await connected(leg, rings)).handle]))
})

async function ring(near: Leg, uri: string, onSent: (handle: string) => void = () => undefined): Promise<Leg> {
  const dialled = await telephone.dial(
    { kind: 'uri', uri },
    { from: { number: '+441632960000' }, ringMs: 10_000, signal: never, near, onSent: ({ handle = '' }) => onSent(handle) },
  )
  if (dialled.kind !== 'answered') throw new Error(dialled.kind)
  return dialled.leg
}

async function connected(caller: Leg, uri: string): Promise<Leg> {
  const leg = await ring(caller, uri)
  leg.outlive()
  const bridged = await telephone.bridge(caller, leg, { signal: never })
  if (bridged.kind !== 'bridged') throw new Error(bridged.kind)
  return leg
}

if (!(await whenReady(telephone, 10_000))) throw new Error(telephone.health().media.detail)
say('ready')
