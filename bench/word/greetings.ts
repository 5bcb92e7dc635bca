import type { Chance } from '../../training/word/chance.js'
import { joined, silence, type Sound } from '../../training/word/sound.js'
import type { Speaker } from '../../training/word/speak.js'
import { voices, type Voice } from '../../training/word/voices.js'

/** Voicemail greetings, built from spoken sentences; many say "one", some alone between two pauses. */

const openings = [
  'Hello.',
  'Hi.',
  'Hello?',
  'Hi there.',
  'Good morning.',
  'Hello, you have reached doctor Patel.',
  'Hi, this is Anne.',
  'This is the voicemail of',
  'Welcome to the Vodafone voicemail service.',
  'The person you are calling is not available.',
  'Your call has been forwarded to a voice messaging system.',
  'You are through to the cardiology registrar.',
  'Sorry.',
  'Doctor Jones.',
  'Ward twelve.',
  'The number you have dialled',
]
const bodies = [
  'I am sorry I can not take your call at the moment.',
  'Please leave a message after the tone.',
  'Leave your name and number and I will call you back.',
  'If it is urgent, please bleep one one four one through switchboard.',
  'is not available.',
  'has not been recognised.',
  'Please try again later.',
  'Nobody is here right now.',
  'I am either in theatre or on one of the wards.',
  'You can hang up when you have finished recording.',
  'Please speak now.',
  'Thank you.',
  'Goodbye.',
  'Calls may be recorded.',
  'Please hold the line.',
  'Your call is important to us.',
  'You are number one in the queue.',
]
const options = [
  'To leave a message, press one.',
  'Press one.',
  'press',
  'one',
  'One.',
  'For reception, press two.',
  'or say one',
  'Say one.',
  'To speak to a nurse, press one. For anything else, press two.',
  'Option one.',
  'To re-record your message, press one now.',
  'one or two',
  'number one',
  'To page this person, press',
  'At the tone,',
]
const digits = ['oh', 'zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'double one']

/** Voices never used in training or tuning, and three that the net knows well, whose "one" it hears best. */
function greetingVoices(): readonly Voice[] {
  const unknown = voices.filter(
    ({ group, kind, name }) => group === 'test' && (kind !== 'espeak' || /^en-(gb-x-rp|gb-scotland|us)\+/.test(name)),
  )
  return [...unknown, ...voices.filter(({ kind, group }) => kind === 'flite' && group === 'train')]
}

export class Greetings {
  readonly voices = greetingVoices()

  constructor(
    private readonly speaker: Speaker,
    private readonly chance: Chance,
    private readonly said = new Map<string, Sound>(),
  ) {}

  /** The same voices, with other random draws. */
  with(chance: Chance): Greetings {
    return new Greetings(this.speaker, chance, this.said)
  }

  /** The audio of a voicemail from the moment it picks up, `seconds` of it. */
  async next(seconds: number): Promise<Sound> {
    const { chance } = this
    const voice = chance.one(this.voices)
    const manner = { rate: chance.one([0.9, 1.1]), pitch: 1, speed: 1 }
    const say = async (text: string): Promise<Sound> => {
      const key = `${voice.name} ${manner.rate} ${text}`
      const known = this.said.get(key) ?? (await this.speaker.say(voice, text, manner))
      this.said.set(key, known)
      return known
    }
    const pause = (least: number, most: number): Sound => silence(chance.between(least, most))
    const parts: Sound[] = [pause(100, chance.happens(0.2) ? 6_000 : 1_500)]
    if (chance.happens(0.85)) parts.push(await say(chance.one(openings)), pause(150, 1_800))
    if (chance.happens(0.3)) {
      const between = chance.one([60, 250, 700])
      for (let digit = chance.whole(3, 11); digit > 0; digit--) parts.push(await say(chance.one(digits)), pause(between, between * 1.6))
    }
    for (let sentence = chance.whole(0, 3); sentence > 0; sentence--) parts.push(await say(chance.one(bodies)), pause(200, 1_500))
    for (let option = chance.happens(0.6) ? chance.whole(1, 6) : 0; option > 0; option--)
      parts.push(await say(chance.one(options)), pause(250, chance.happens(0.4) ? 5_000 : 1_600))
    if (chance.happens(0.6)) parts.push(beep(chance), silence(1_000))
    // A mailbox that repeats its greeting.
    const once = joined(parts)
    const wanted = seconds * 8_000
    const sound = new Float32Array(wanted)
    const again = chance.happens(0.35)
    for (let at = 0; at < wanted; at += once.length + 16_000) {
      sound.set(once.subarray(0, wanted - at), at)
      if (!again) break
    }
    return sound
  }
}

function beep(chance: Chance): Sound {
  const hz = chance.one([440, 850, 1_000, 1_400, 2_000])
  return new Float32Array(Math.round(8 * chance.between(150, 900))).map((_, index) => 0.3 * Math.sin((2 * Math.PI * hz * index) / 8_000))
}
