import type { Directory } from '../directory/model.js'
import {
  acceptsAtSecondPrompt,
  answersFast,
  answersThenHangsUp,
  declines,
  isBusy,
  neverAnswers,
  pressesWrongKeyFirst,
  voicemail,
  type Temperament,
} from '../phones/temperament.js'
import type { DemoSettings } from './demo-settings.js'

const second = 1_000

/** Who is who in the demo world, by the user part of their address. Whoever is not named here answers fast. */
const temperaments: Readonly<Record<string, Temperament>> = {
  lindqvist: voicemail({ afterMs: 6 * second }),
  okafor: acceptsAtSecondPrompt({ afterMs: 3 * second, talkMs: 20 * second }),
  prasad: isBusy(),
  macleod: neverAnswers(),
  bianchi: pressesWrongKeyFirst({ afterMs: 3 * second, talkMs: 15 * second }),
  cau: answersFast({ afterMs: 4 * second, talkMs: 12 * second }),
  hughes: answersThenHangsUp({ afterMs: 4 * second }),
  dvt: answersFast({ afterMs: 2 * second, talkMs: 18 * second }),
  adeyemi: declines({ afterMs: 4 * second }),
  ent: answersFast({ afterMs: 3 * second, talkMs: 14 * second }),
  ccu: answersFast({ afterMs: 5 * second, talkMs: 16 * second }),
}
const ordinary = answersFast({ afterMs: 3 * second, talkMs: 15 * second })

/** A telephone of the directory that the demo plays. */
export interface Part {
  readonly name: string
  readonly user: string
  readonly address: string
  readonly port: number
  readonly temperament: Temperament
  /** What it says during a call, in hertz, so that the two sides of a recording can be told apart. */
  readonly toneHz: number
}

/**
 * Every `sip:` address of the directory on this machine's loopback, once.
 * @param network where the telephone network is played: one telephone that answers whatever number is rung
 */
export function cast(directory: Directory, network?: DemoSettings['network']): readonly Part[] {
  const parts = new Map<string, Part>()
  const add = (name: string, uri: string) => {
    const match = /^sip:([^@;]+)@(127\.\d+\.\d+\.\d+):(\d+)$/.exec(uri)
    if (match?.[1] === undefined || match[2] === undefined || parts.has(uri)) return
    const [, user, address, port] = match
    parts.set(uri, { name, user, address, port: Number(port), temperament: temperaments[user] ?? ordinary, toneHz: 500 + 40 * parts.size })
  }
  for (const { name, numbers } of directory.clinicians.values()) for (const target of numbers) if (target.kind === 'uri') add(name, target.uri)
  const entries = [...[...directory.rotas.values()].flatMap(({ pattern }) => pattern.flatMap((session) => session.entries)), ...[...directory.pools.values()].flatMap((pool) => pool.entries)]
  for (const entry of entries) if (entry.kind === 'phone' && entry.target.kind === 'uri') add(entry.label, entry.target.uri)
  if (network) parts.set('network', { name: 'A patient', user: 'network', ...network, temperament: ordinary, toneHz: 460 })
  return [...parts.values()]
}
