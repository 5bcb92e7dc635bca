import { everyTarget } from '../directory/every-target.js'
import type { Directory } from '../directory/model.js'
import { targetInFacts } from '../facts/target-in-facts.js'
import type { Temperament } from '../switch/virtual/temperament.js'
import type { VirtualSwitch } from '../switch/virtual/virtual-switch.js'
import type { RandomStream } from '../what-if/random.js'

const second = 1_000

/** A person's behaviour when rung in the invented past. Shares of 1. */
interface Habit {
  readonly answers: number
  /** From the first ring to the answer, s. */
  readonly seconds: readonly [least: number, most: number]
  /** The share of answers by their voicemail. */
  readonly voicemail: number
  /** Of the unanswered, the shares engaged and refused; the rest ring out. */
  readonly busy: number
  readonly declines: number
}

const ordinary: Habit = { answers: 0.4, seconds: [7, 18], voicemail: 0.04, busy: 0.35, declines: 0.25 }
/** By user part of the address; all others are ordinary. */
const habits: Readonly<Record<string, Habit>> = {
  lindqvist: { answers: 0.45, seconds: [8, 18], voicemail: 0.2, busy: 0.3, declines: 0.3 },
  okafor: { answers: 0.55, seconds: [6, 15], voicemail: 0, busy: 0.4, declines: 0.3 },
  macleod: { answers: 0.35, seconds: [7, 17], voicemail: 0.05, busy: 0.2, declines: 0.2 },
  nakamura: { answers: 0.7, seconds: [8, 18], voicemail: 0, busy: 0.3, declines: 0.5 },
  ccu: { answers: 0.6, seconds: [5, 13], voicemail: 0, busy: 0.6, declines: 0.1 },
}

/** Adds everybody in the directory to a virtual telephone world. */
export function pastBehaviour(directory: Directory, telephone: VirtualSwitch, random: RandomStream): void {
  for (const { target } of everyTarget(directory)) {
    const name = targetInFacts(target)
    const habit = habits[/^sip:([^@]+)@/.exec(name)?.[1] ?? ''] ?? ordinary
    telephone.phone(name, () => draw(habit, random))
  }
}

function draw({ answers, seconds: [least, most], voicemail, busy, declines }: Habit, random: RandomStream): Temperament {
  const between = (from: number, to: number) => Math.round((from + (to - from) * random()) * second)
  if (random() < answers) {
    const afterMs = between(least, most)
    if (random() < voicemail) return { kind: 'answers', afterMs, then: [] }
    // People hear who calls, and a few hang up instead of accepting.
    if (random() < 0.04) return { kind: 'answers', afterMs, then: [{ atMs: between(1, 4), does: 'hangUp' }] }
    return { kind: 'answers', afterMs, then: [{ atMs: between(4, 11), does: 'press', key: '1' }] }
  }
  const why = random()
  if (why < busy) return { kind: 'refuses', afterMs: between(0.2, 0.8), how: 'busy' }
  if (why < busy + declines) return { kind: 'refuses', afterMs: between(4, 11), how: 'declined' }
  return { kind: 'neverAnswers' }
}
