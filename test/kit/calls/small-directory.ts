import { emptyDirectory } from '../../../src/directory/empty-directory.js'
import type {
  Clinician,
  Directory,
  DirectoryNumber,
  Line,
  NcnPool,
  Organisation,
  RingPolicy,
  Rota,
  RotaEntry,
} from '../../../src/directory/model.js'

/** A test's settings of a line; the rest are defaults. */
export interface SmallLine extends Partial<Omit<Line, 'ring'>> {
  readonly id: string
  readonly ring?: Partial<RingPolicy>
  /** The people on, round the clock. A number, or the id of a clinician. */
  readonly rota?: readonly string[]
}

export interface SmallDirectory {
  readonly lines: readonly SmallLine[]
  readonly clinicians?: Readonly<Record<string, readonly string[]>>
  readonly pools?: Readonly<Record<string, { readonly members: readonly string[]; readonly ring?: Partial<RingPolicy> }>>
  /** Each has the Dial-In number of its name below. Default: one practice. */
  readonly practices?: Readonly<Record<string, string>>
  /** Numbers of one line each. */
  readonly direct?: Readonly<Record<string, string>>
  /** A practice's further data: a code, a bypass number, a reception. */
  readonly desks?: Readonly<Record<string, { readonly code: string; readonly bypass?: string; readonly reception?: string }>>
  /** A number for call-back codes, and one that asks for a practice. */
  readonly codes?: string
  readonly bypass?: string
}

export const ring: RingPolicy = { ringSeconds: 20, acceptSeconds: 15, totalSeconds: 180, rounds: 1, order: 'rota' }

export const dialIn = '+441632960100'

/** A directory of a few lines, for tests. Every line may be used by every practice and is always open, unless set otherwise. */
export function smallDirectory(world: SmallDirectory): Directory {
  const practices = world.practices ?? { 'Elm Surgery': dialIn }
  const clinicians = new Map<string, Clinician>(
    Object.entries(world.clinicians ?? {}).map(([id, numbers]) => [
      id,
      {
        id,
        name: id,
        spokenName: id,
        role: 'consultant',
        numbers: numbers.map((number) => ({ kind: 'number', number })),
        organisations: ['trust'],
      },
    ]),
  )
  const entry = (name: string): RotaEntry =>
    clinicians.has(name)
      ? { kind: 'clinician', clinician: name }
      : { kind: 'phone', label: `phone ${name}`, target: { kind: 'number', number: name } }
  const organisations = new Map<string, Organisation>([
    ['trust', { id: 'trust', kind: 'trust', name: 'Trust', spokenName: 'the trust', area: 'area' }],
  ])
  const numbers = new Map<string, DirectoryNumber>()
  for (const [name, number] of Object.entries(practices)) {
    const { code, bypass, reception } = world.desks?.[name] ?? {}
    organisations.set(name, {
      ...{ id: name, kind: 'gpPractice', name, spokenName: name, area: 'area' },
      ...(code === undefined ? {} : { code }),
      ...(bypass === undefined ? {} : { bypass: { kind: 'number', number: bypass } }),
      ...(reception === undefined ? {} : { reception: { kind: 'number', number: reception } }),
    })
    numbers.set(number, { number, use: { kind: 'dialIn', organisation: name } })
  }
  for (const [number, line] of Object.entries(world.direct ?? {})) numbers.set(number, { number, use: { kind: 'line', line } })
  if (world.codes !== undefined) numbers.set(world.codes, { number: world.codes, use: { kind: 'callBackCode' } })
  if (world.bypass !== undefined) numbers.set(world.bypass, { number: world.bypass, use: { kind: 'bypass' } })
  const lines = new Map<string, Line>()
  const rotas = new Map<string, Rota>()
  world.lines.forEach((small, index) => {
    const { rota, ring: ringPolicy, ...rest } = small
    lines.set(small.id, {
      kind: 'advice',
      trust: 'trust',
      name: small.id,
      spokenName: small.id,
      code: String(index + 1),
      blurb: '',
      timeZone: 'Europe/London',
      hours: { week: 'always', exceptions: {} },
      access: { everyone: true, organisations: [], areas: [] },
      outcomes: [],
      recordFrom: 'bridge',
      ...rest,
      ring: { ...ring, ...ringPolicy },
    })
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
    if (rota)
      rotas.set(small.id, {
        line: small.id,
        changes: [],
        pattern: days.map((day) => ({ name: 'all day', day, span: { from: '00:00', to: '24:00' }, entries: rota.map(entry) })),
      })
  })
  const pools = new Map<string, NcnPool>(
    Object.entries(world.pools ?? {}).map(([id, pool]) => [
      id,
      { id, specialty: id, spokenName: id, entries: pool.members.map(entry), ring: { ...ring, ...pool.ring } },
    ]),
  )
  return { ...emptyDirectory, organisations, clinicians, lines, rotas, pools, numbers }
}
