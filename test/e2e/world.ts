/** A directory for a test, as JSON (which is YAML): a few lines, each with the phones to ring. */

export interface TestLine {
  readonly id: string
  /** Keys of the menu; default: none of the callers gets a menu for it. */
  readonly code: string
  /** Digits that ring this line without a menu. */
  readonly number?: string
  /** SIP addresses in rota order. Empty: nobody is on the rota. */
  readonly rota: readonly string[]
  readonly ring?: {
    readonly ringSeconds?: number
    readonly acceptSeconds?: number
    readonly totalSeconds?: number
    readonly rounds?: number
  }
  /** NCN pool behind it: SIP addresses. */
  readonly ncn?: readonly string[]
  readonly hours?: unknown
  readonly recordFrom?: 'bridge' | 'answer'
  readonly spokenWord?: 'offers'
  readonly kind?: 'advice' | 'pifuAnswer' | 'pifuCallBack'
  /** Areas that may use it; default: the practice's. */
  readonly access?: unknown
}

export interface TestPractice {
  readonly id: string
  readonly dialIn: string
  readonly area?: string
  /** Keys by which clinicians reach it, and where they are put through. */
  readonly code?: string
  readonly bypass?: string
  readonly reception?: string
}

/** Who and what else there is. */
export interface TestSurroundings {
  /** By id: their telephones. They belong to the trust. */
  readonly clinicians?: Readonly<Record<string, readonly string[]>>
  /** The trust's own Dial-In number. */
  readonly trustDialIn?: string
  readonly codeNumber?: string
  readonly bypassNumber?: string
}

/** The shortest times that the directory allows, so that a branch takes seconds. */
export const shortRing = { ringSeconds: 5, acceptSeconds: 5, totalSeconds: 30 } as const

export function world(
  lines: readonly TestLine[],
  practices: readonly TestPractice[] = [{ id: 'riverside', dialIn: '7001' }],
  more: TestSurroundings = {},
): string {
  const areas = new Set(['testshire', ...practices.map((practice) => practice.area ?? 'testshire')])
  const directory = {
    timeZone: 'Europe/London',
    areas: Object.fromEntries([...areas].map((id) => [id, { name: id }])),
    organisations: {
      'general-hospital': {
        kind: 'trust',
        name: 'General Hospital',
        area: 'testshire',
        ...(more.trustDialIn === undefined ? {} : { dialIn: more.trustDialIn }),
      },
      ...Object.fromEntries(
        practices.map(({ id, area, ...rest }) => [id, { kind: 'gpPractice', name: `${id} Surgery`, area: area ?? 'testshire', ...rest }]),
      ),
    },
    clinicians: Object.fromEntries(
      Object.entries(more.clinicians ?? {}).map(([id, numbers]) => [
        id,
        { name: `Dr ${id}`, role: 'Consultant', numbers, organisations: ['general-hospital'] },
      ]),
    ),
    lines: Object.fromEntries(
      lines.map((line) => [
        line.id,
        {
          kind: line.kind ?? 'advice',
          trust: 'general-hospital',
          name: line.id,
          code: line.code,
          ...(line.number === undefined ? {} : { number: line.number }),
          blurb: 'If no response try again after 15 minutes.',
          hours: line.hours ?? 'always',
          access: line.access ?? { areas: ['testshire'] },
          ring: { ...shortRing, ...line.ring },
          ...(line.ncn === undefined ? {} : { ncnPool: `${line.id}-pool` }),
          outcomes: { 'referral-avoided': 'Referral avoided', 'referral-made': 'Referral made' },
          ...(line.recordFrom === undefined ? {} : { recordFrom: line.recordFrom }),
          ...(line.spokenWord === undefined ? {} : { spokenWord: line.spokenWord }),
        },
      ]),
    ),
    rotas: Object.fromEntries(
      lines
        .filter((line) => line.rota.length > 0)
        .map((line) => [
          line.id,
          {
            pattern: [
              {
                session: 'Round the clock',
                days: 'mon-sun',
                time: '00:00-24:00',
                entries: line.rota.map((target, index) => ({ phone: `${line.id} phone ${index + 1}`, target })),
              },
            ],
          },
        ]),
    ),
    ncnPools: Object.fromEntries(
      lines.flatMap((line) =>
        line.ncn === undefined
          ? []
          : [
              [
                `${line.id}-pool`,
                {
                  specialty: line.id,
                  entries: line.ncn.map((target, index) => ({ phone: `${line.id} national ${index + 1}`, target })),
                  ring: shortRing,
                },
              ],
            ],
      ),
    ),
  }
  const numbers = {
    ...(more.codeNumber === undefined ? {} : { [more.codeNumber]: 'callBackCode' }),
    ...(more.bypassNumber === undefined ? {} : { [more.bypassNumber]: 'bypass' }),
  }
  if (Object.keys(numbers).length > 0) Object.assign(directory, { numbers })
  return `${JSON.stringify(directory, null, 2)}\n`
}
