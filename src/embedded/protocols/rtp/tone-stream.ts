import { dtmfFrequencies } from './dtmf-tones.js'
import { amplitudeOf } from './level.js'
import { Oscillator } from './oscillator.js'

/**
 * FreeSWITCH's tone language (TGML), as in `tone_stream://%(400,200,400,450);%(400,2000,400,450);loops=-1`. Instructions are
 * separated by `;` and blanks:
 * - `%(on,off,f1[,f2...])`: tones for `on` ms, then silence for `off` ms
 * - a key (`0-9 * # A-D`), or a key with `(on,off)`: its DTMF tones, for `d` and `w` ms unless given
 * - `d=` and `w=`: length of the keys that follow and of the silence after each, ms (2000, 500)
 * - `v=`: level of what follows, dBm0, -63 to 0 (-7)
 * - `l=`: how often the next instruction is given; `L=`: how often the whole script is; -1 (of `l`) is endless
 * - `>=`, `<=`: the level falls or rises by `+=` dB (1) every this many ms
 * - `loops=` (last): how often all of it is played; -1 is endless
 * The tones of a chord share the level: each is `v` dBm0 divided by their number, as FreeSWITCH does it.
 */
export interface ToneStreamProgram {
  readonly instructions: readonly ToneInstruction[]
  /** How often the instructions are run, `Infinity` for ever. */
  readonly loops: number
}

export interface ToneInstruction {
  readonly onSamples: number
  readonly offSamples: number
  readonly frequenciesHz: readonly number[]
  readonly dbm0: number
  /** Runs of this instruction before the next. */
  readonly repeats: number
  /** The level changes by `stepDb` every `everySamples`; 0: it stays. */
  readonly fade: { readonly everySamples: number; readonly stepDb: number }
}

export class ToneSyntaxError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ToneSyntaxError'
  }
}

const MIN_DBM0 = -63
const MAX_DBM0 = 0
const MAX_FREQUENCIES = 18

/** @throws ToneSyntaxError, with what was not understood */
export function parseToneStream(text: string, rate = 8000): ToneStreamProgram {
  const samples = (ms: number) => Math.max(0, Math.round((ms * rate) / 1000))
  const loopsAt = /;\s*loops=(-?\d+)/i.exec(text)
  const script = loopsAt ? text.slice(0, loopsAt.index) : text
  const instructions: ToneInstruction[] = []
  let dbm0 = -7
  let onMs = 2000
  let offMs = 500
  let repeats = 1
  let scriptRuns = 1
  let fadeEveryMs = 0
  let fadeSign = 0
  let fadeDb = 1

  const add = (on: number, off: number, frequenciesHz: readonly number[]) => {
    const fade = { everySamples: fadeSign === 0 ? 0 : Math.max(1, samples(fadeEveryMs)), stepDb: fadeSign * fadeDb }
    instructions.push({ onSamples: samples(on), offSamples: samples(off), frequenciesHz, dbm0, repeats, fade })
    repeats = 1
  }
  const assign = (name: string, value: string) => {
    const number = Number.parseFloat(value)
    if (Number.isNaN(number)) throw new ToneSyntaxError(`${name}= needs a number, not ${JSON.stringify(value)}`)
    switch (name) {
      case 'v':
        // FreeSWITCH ignores levels out of range.
        if (number >= MIN_DBM0 && number <= MAX_DBM0) dbm0 = number
        return
      case 'd':
        onMs = number
        return
      case 'w':
        offMs = number
        return
      case 'l':
        repeats = number < 0 ? Infinity : Math.max(1, number)
        return
      case 'L':
        scriptRuns = Math.max(1, number)
        return
      case '>':
      case '<':
        fadeSign = name === '>' ? -1 : 1
        fadeEveryMs = number
        return
      case '+':
        fadeDb = number
        return
      case 'c':
      case 'r':
        // One channel at the call's own rate, always.
        return
    }
  }

  for (const part of script.split(';')) {
    const instruction = part.trim()
    const assignment = /^([crdvlLw><+])=(.*)$/s.exec(instruction)
    if (assignment) {
      assign(assignment[1] ?? '', assignment[2] ?? '')
      continue
    }
    let at = 0
    while (at < instruction.length) {
      const rest = instruction.slice(at)
      const chord = /^\s*([%0-9*#A-D])(?:\(([^)]*)\))?/.exec(rest)
      if (!chord || (chord[1] === '%' && chord[2] === undefined))
        throw new ToneSyntaxError(`not a tone: ${JSON.stringify(rest.trim().slice(0, 40))}`)
      at += chord[0].length
      const numbers = chord[2]?.split(',').map(Number) ?? []
      if (numbers.some((number) => Number.isNaN(number) || number < 0)) throw new ToneSyntaxError(`not numbers: (${chord[2] ?? ''})`)
      const [on = onMs, off = offMs, ...frequencies] = numbers
      if (chord[1] === '%') {
        if (frequencies.length === 0 || frequencies.length > MAX_FREQUENCIES)
          throw new ToneSyntaxError(`%(on,off,frequency...) needs 1 to ${MAX_FREQUENCIES} frequencies`)
        add(on, off, frequencies)
      } else {
        if (numbers.length !== 0 && numbers.length !== 2) throw new ToneSyntaxError('a key takes (on,off)')
        add(on, off, dtmfFrequencies(chord[1] ?? ''))
      }
    }
  }
  if (instructions.length === 0) throw new ToneSyntaxError('no tones')
  const loops = loopsAt ? Number(loopsAt[1]) : 1
  return { instructions, loops: (loops < 0 ? Infinity : Math.max(1, loops)) * scriptRuns }
}

/** Renders a program bit by bit, so that an endless one costs nothing ahead. */
export class ToneStream {
  readonly #program: ToneStreamProgram
  readonly #rate: number
  #loop = 0
  #index = 0
  #repeat = 0
  #position = 0
  #oscillators: Oscillator[] = []
  #amplitude = 0
  #dbm0 = 0

  /** @throws ToneSyntaxError for a text that is no tone stream */
  constructor(program: ToneStreamProgram | string, rate = 8000) {
    this.#program = typeof program === 'string' ? parseToneStream(program, rate) : program
    this.#rate = rate
    // A program without length would spin for ever.
    if (this.#program.instructions.every((instruction) => instruction.onSamples + instruction.offSamples === 0))
      this.#loop = this.#program.loops
    this.#enter()
  }

  /** Writes up to `count` samples at `at`. @returns how many; fewer only at the end */
  read(into: Int16Array, at: number, count: number): number {
    let done = 0
    while (done < count) {
      const instruction = this.#current
      if (!instruction) break
      const length = instruction.onSamples + instruction.offSamples
      if (this.#position >= length) {
        this.#advance(instruction)
        continue
      }
      const toned = Math.min(count - done, instruction.onSamples - this.#position)
      if (toned > 0) {
        this.#render(instruction, into, at + done, toned)
        done += toned
        this.#position += toned
        continue
      }
      const silent = Math.min(count - done, length - this.#position)
      into.fill(0, at + done, at + done + silent)
      done += silent
      this.#position += silent
    }
    return done
  }

  get #current(): ToneInstruction | undefined {
    return this.#loop < this.#program.loops ? this.#program.instructions[this.#index] : undefined
  }

  #advance(instruction: ToneInstruction): void {
    // An instruction without length is skipped, however often it repeats.
    if (++this.#repeat >= instruction.repeats || instruction.onSamples + instruction.offSamples === 0) {
      this.#repeat = 0
      if (++this.#index >= this.#program.instructions.length) {
        this.#index = 0
        this.#loop++
      }
    }
    this.#enter()
  }

  #enter(): void {
    this.#position = 0
    const instruction = this.#current
    if (!instruction) return
    this.#oscillators = instruction.frequenciesHz.map((frequency) => new Oscillator(frequency, this.#rate))
    this.#setLevel(instruction.dbm0, instruction.frequenciesHz.length)
  }

  #setLevel(dbm0: number, tones: number): void {
    this.#dbm0 = dbm0
    this.#amplitude = amplitudeOf(dbm0) / tones
  }

  #render(instruction: ToneInstruction, into: Int16Array, at: number, count: number): void {
    const { everySamples, stepDb } = instruction.fade
    for (let index = 0; index < count; index++) {
      if (everySamples > 0 && (this.#position + index + 1) % everySamples === 0) {
        const next = this.#dbm0 + stepDb
        if (next >= MIN_DBM0 && next <= MAX_DBM0) this.#setLevel(next, instruction.frequenciesHz.length)
      }
      let sum = 0
      for (const oscillator of this.#oscillators) sum += oscillator.next()
      into[at + index] = sum * this.#amplitude
    }
  }
}
