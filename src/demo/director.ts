import { messageOf } from '../common/errors.js'
import { lineChoices, mayUse } from '../directory/access.js'
import { openingAt } from '../directory/hours.js'
import type { Directory, Line, NumberUse } from '../directory/model.js'
import { callBackOutcomes, outcomesFor } from '../directory/outcomes.js'
import type { CallEvent } from '../facts/events.js'
import { Phone } from '../embedded/phones/phone.js'
import { Performance, type Script } from './performance.js'
import { Players } from './players.js'
import { roundSeconds, scenes, storyOf, type Scene } from './scenes.js'

const second = 1_000
/** The longest call. */
const longestCallMs = 240 * second
/** From the answer to the first key: they let the welcome finish. */
const beforeKeysMs = 2.5 * second
/** How long a patient listens before they know the key for a call-back. */
const beforeRequestMs = 9 * second

export interface DirectorOptions {
  readonly directory: Directory
  /** The engine's address for calls, `host:port`. */
  readonly sip: string
  /** The engine's API, with a trailing slash. */
  readonly api: string
  readonly apiToken: string
  /** The telephone network is simulated too; otherwise the demo rings no number in it. */
  readonly network: boolean
  /** For the terminal. */
  readonly tell: (line: string) => void
  readonly log: (line: string) => void
}

/** The number that a scene dials, and the keys that follow. */
interface Errand {
  readonly number: string
  readonly keys: string
  readonly line: Line | undefined
}

/** Plays rounds of scenes: several calls at a time, each with its own caller. */
export class Director {
  readonly players = new Players((callId) => this.#performances.get(callId))
  readonly #options: DirectorOptions
  readonly #performances = new Map<string, Performance>()
  /** Callers whose call is on its way, by number; the call's first fact tells its id. */
  readonly #expected = new Map<string, { readonly scene: Scene; readonly phone: Phone; readonly errand: Errand }>()
  /** Calls that the engine is about to place, by arrangement. */
  readonly #arranged = new Map<string, Performance>()
  readonly #watching = new Map<string, (event: CallEvent) => void>()
  readonly #callers = new Set<Phone>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #stopped = false

  constructor(options: DirectorOptions) {
    this.#options = options
  }

  /** Begins with the first round; never ends by itself. */
  begin(round = 0): void {
    if (this.#stopped) return
    const story = storyOf(round)
    if (story !== undefined) this.#options.tell(story)
    for (const scene of scenes(round)) this.#later(scene.at, () => this.#play(scene))
    this.#later(roundSeconds, () => Promise.resolve(this.begin(round + 1)))
  }

  /** A fact of any call of the engine. */
  take(event: CallEvent): void {
    if (event.type === 'call.arrived') this.#arrived(event.callId, event.callerNumber)
    if (event.type === 'call.placed') this.#placed(event.callId, event.arrangement)
    this.players.take(event)
    this.#performances.get(event.callId)?.take(event)
    this.#watching.get(event.callId)?.(event)
    if (event.type !== 'call.ended') return
    this.#performances.delete(event.callId)
    this.#watching.delete(event.callId)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all([...this.#callers].map((phone) => phone.close()))
  }

  #later(seconds: number, act: () => Promise<unknown>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      if (!this.#stopped) act().catch((trouble: unknown) => this.#options.log(messageOf(trouble)))
    }, seconds * second)
    this.#timers.add(timer)
  }

  async #play(scene: Scene): Promise<void> {
    const errand = this.#errand(scene)
    if (errand === undefined) return
    const { caller } = scene
    if (this.#expected.has(caller.number)) return
    const phone = await Phone.open({ name: caller.name, user: caller.number })
    this.#callers.add(phone)
    try {
      this.#options.tell(
        `${caller.name} rings ${'practice' in scene.rings ? 'a practice' : (errand.line?.name ?? errand.number)}: ${scene.story}`,
      )
      this.#expected.set(caller.number, { scene, phone, errand })
      const outcome = await phone.dials(`sip:${errand.number}@${this.#options.sip}`)
      if (outcome.kind !== 'connected') return
      if (errand.keys !== '') {
        await phone.waits(beforeKeysMs)
        await phone.presses(errand.keys)
      }
      await phone.isHungUp({ withinMs: longestCallMs }).catch(() => phone.hangsUp())
    } finally {
      this.#expected.delete(caller.number)
      this.#callers.delete(phone)
      await phone.close()
    }
  }

  #arrived(callId: string, callerNumber: string): void {
    const expected = this.#expected.get(callerNumber)
    const at = (target: string) => this.players.at(target)
    if (expected === undefined) {
      this.#performances.set(callId, new Performance({ people: {}, talk: 'visitor', hangsUp: 'other' }, undefined, at))
      return
    }
    const { scene, phone, errand } = expected
    this.#performances.set(callId, new Performance(this.#script(scene, errand), phone, at))
    this.#watching.set(callId, (event) => this.#watch(scene, phone, event))
  }

  #script(scene: Scene, { line }: Errand): Script {
    const organisation = 'organisation' in scene.rings ? scene.rings.organisation : undefined
    const offered = line === undefined ? [] : outcomesFor(this.#options.directory, line, organisation)
    const index = offered.findIndex(({ id }) => id === scene.outcome)
    // Another area's list may lack it: then the first.
    const key = scene.outcome === undefined || offered.length === 0 ? undefined : String(Math.max(0, index) + 1)
    return { people: scene.people, talk: scene.talk, hangsUp: scene.hangsUp ?? 'other', ...(key === undefined ? {} : { outcomeKey: key }) }
  }

  #watch(scene: Scene, phone: Phone, event: CallEvent): void {
    if (event.type === 'hunt.started' && scene.patience !== undefined) this.#later(scene.patience, () => phone.hangsUp())
    if (event.type === 'hunt.ended' && event.result !== 'accepted' && scene.callBack !== undefined)
      this.#later(beforeRequestMs / second, async () => (phone.state === 'talking' ? phone.presses('1') : undefined))
    if (event.type === 'callBack.requested' && scene.callBack !== undefined && this.#options.network) {
      const { callBack } = scene
      const line = this.#options.directory.lines.get(event.line)
      this.#later(callBack.after, () => this.#callBack(event.callId, line, callBack))
    }
  }

  /** As the team does it in the browser. */
  async #callBack(request: string, line: Line | undefined, { clinician, talk, outcome }: NonNullable<Scene['callBack']>): Promise<void> {
    const { directory, tell, api, apiToken } = this.#options
    tell(`${directory.clinicians.get(clinician)?.name ?? 'The team'} rings the patient back, as they asked`)
    const offered = callBackOutcomes(directory, line)
    const key = String(
      Math.max(
        0,
        offered.findIndex(({ id }) => id === outcome),
      ) + 1,
    )
    const arrangement = `request-${request}`
    this.#arranged.set(
      arrangement,
      new Performance({ people: {}, talk, hangsUp: 'other', outcomeKey: key }, undefined, (target) => this.players.at(target)),
    )
    const answer = await fetch(new URL(`api/call-backs/${arrangement}/start`, api), {
      method: 'POST',
      headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ clinician }),
    })
    if (!answer.ok) throw new Error(`the call-back could not be started: HTTP ${answer.status}`)
  }

  /** Its first fact: everything that follows belongs to it. */
  #placed(callId: string, arrangement: string): void {
    const performance = this.#arranged.get(arrangement)
    if (performance) this.#performances.set(callId, performance)
    this.#arranged.delete(arrangement)
  }

  /** @returns undefined if the directory has no such place, or the line is closed now */
  #errand(scene: Scene): Errand | undefined {
    const { directory } = this.#options
    const { rings } = scene
    // As people in the UK dial: the national form of a number, if it has one.
    const dial = (wanted: (use: NumberUse) => boolean) => {
      const all = [...directory.numbers.values()].filter(({ use }) => wanted(use)).map(({ number }) => number)
      return (all.find((number) => number.startsWith('+44')) ?? all[0])?.replace(/^\+44/, '0')
    }
    if ('practice' in rings) {
      const code = directory.organisations.get(rings.practice)?.code
      const number = dial(({ kind }) => kind === 'bypass')
      return code === undefined || number === undefined || !this.#options.network ? undefined : { number, keys: code, line: undefined }
    }
    const line = directory.lines.get('line' in rings ? rings.line : rings.patientsLine)
    if (line === undefined || !openingAt(line, Date.now()).open) return undefined
    if ('patientsLine' in rings) {
      const number = dial((use) => use.kind === 'line' && use.line === line.id)
      return number === undefined ? undefined : { number, keys: '', line }
    }
    const number = dial((use) => use.kind === 'dialIn' && use.organisation === rings.organisation)
    if (number === undefined || !mayUse(directory, line, rings.organisation)) return undefined
    return { number, keys: lineChoices(directory, rings.organisation, Date.now()).length === 1 ? '' : line.code, line }
  }
}
