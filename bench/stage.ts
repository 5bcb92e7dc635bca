import { EngineUnderTest, type EngineOptions } from './engine.js'
import { Phones } from './phones-process.js'
import { directory, type BenchLane } from './world.js'

export interface Setting extends EngineOptions {
  /** Each crowd of phones has a process of its own. */
  readonly crowds: readonly (readonly BenchLane[])[]
  /** Calls are recorded; otherwise they go on without, as with an unwritable spool. */
  readonly recorded: boolean
  /** The callers are browsers. */
  readonly browsers?: boolean
  /** They speak Opus. */
  readonly opus?: boolean
  /** At the end, does not wait for running calls and recordings. */
  readonly endAtOnce?: boolean
}

/** Starts the phones and an engine that knows them, and always ends both. */
export async function onStage<T>(setting: Setting, play: (engine: EngineUnderTest, phones: readonly Phones[]) => Promise<T>): Promise<T> {
  const phones = setting.crowds.map(() => Phones.start(setting.oneCore))
  let engine: EngineUnderTest | undefined
  try {
    const ports = await Promise.all(phones.map((crowd) => crowd.bind()))
    engine = await EngineUnderTest.start(
      directory(setting.crowds.map((lanes, index) => ({ lanes, specialistsPort: ports[index] ?? 0 }))),
      setting,
    )
    if (!setting.recorded) engine.stopRecording()
    const browsers =
      setting.browsers === true ? { url: engine.webSocket, ...(await engine.telephone()), opus: setting.opus === true } : undefined
    for (const [index, crowd] of phones.entries()) await crowd.open(setting.crowds[index] ?? [], engine.sip, browsers)
    return await play(engine, phones)
  } finally {
    await Promise.all(phones.map((crowd) => crowd.stop()))
    await engine?.stop(setting.endAtOnce)
  }
}
