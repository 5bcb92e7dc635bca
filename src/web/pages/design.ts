import type { Moment } from '../../reports/call-story.js'
import { waveformSvg } from '../../reports/waveform.js'
import { monthBars } from '../charts.js'
import { telephoneCode } from '../telephone-code.js'
import { view, type Site } from '../site.js'
import { sampleBoard } from '../wallboard/sample-board.js'

/** `/design`: our own components in every state, also for the tests. A component adds its file to `templates/design`, and its name here. */
export const designs = [
  'header',
  'notices',
  'forms',
  'tables',
  'figures',
  'wallboard',
  'arranging',
  'alarms',
  'timeline',
  'player',
  'choices',
  'services',
  'differs',
  'rota',
  'secrets',
] as const

const at = Date.UTC(2026, 2, 2, 9, 30)
/** One moment of each kind. */
const moments: readonly (Pick<Moment, 'kind' | 'at' | 'what' | 'detail'> & {
  readonly into?: string
  readonly lasts?: string
  readonly who?: string
})[] = [
  {
    kind: 'caller',
    at,
    into: '0:00',
    what: 'A call came in from Elm Row Surgery',
    detail: 'Call from a Dial-In number: 01632 960001 was dialled',
  },
  { kind: 'menu', at, into: '0:04', what: 'Cardiology was chosen; the wait begins', detail: 'by its code' },
  { kind: 'hunt', at, into: '0:04', what: 'The hunt began: 2 places on the rota', lasts: '31 s' },
  { kind: 'ring', at, into: '0:04', what: 'Dr Ravi Prasad was rung', lasts: '20 s' },
  { kind: 'missed', at, into: '0:24', what: 'Dr Ravi Prasad: rang until the time-out' },
  { kind: 'accepted', at, into: '0:35', what: 'Dr Ada Okafor accepted', detail: 'pressed 1, heard as a telephone event (RFC 4733)' },
  { kind: 'recording', at, into: '0:35', what: 'Recording began', lasts: '3 min 4 s' },
  { kind: 'talk', at, into: '0:35', what: 'Connected: the caller and Dr Ada Okafor talked', lasts: '3 min 4 s' },
  { kind: 'trouble', at, into: '3:39', what: 'The specialist was lost', detail: 'no voice packet came from the party for too long' },
  { kind: 'end', at, into: '3:40', what: 'The call was over', detail: 'connected' },
  { kind: 'later', at, what: 'Outcome: Referral avoided', detail: 'left by staff', who: 'Mary Lowe' },
]
const wave = (loud: (part: number) => number) => Array.from({ length: 240 }, (_, part) => Math.round(Math.abs(loud(part))))
const picture = (svg: string) => `data:image/svg+xml,${encodeURIComponent(svg)}`

const cell = (people: readonly string[], more: object = {}) => ({
  name: 'Day',
  date: '2026-03-02',
  time: '08:00 to 18:00',
  people,
  href: '#design-rota',
  ...more,
})
/** A past session, a weekly one, one of this date alone, one with nobody, a closed one, and none. */
const rota = {
  days: [
    { text: 'Mon 2 Mar', isOver: true },
    ...['Tue 3 Mar', 'Wed 4 Mar', 'Thu 5 Mar', 'Fri 6 Mar', 'Sat 7 Mar'].map((text) => ({ text })),
  ],
  rows: [
    {
      name: 'Day',
      cells: [
        cell(['Dr Ada Okafor'], { href: undefined }),
        cell(['Dr Ada Okafor', 'Ward 7']),
        cell(['Dr Mira Lind'], { changed: true }),
        cell([]),
        cell([], { closed: true, changed: true }),
        { isNone: true },
      ],
    },
  ],
}

/** Samples that a template cannot make. */
const drawn = {
  chart: monthBars(
    [
      { label: 'Jan 26', answered: 310, notAnswered: 42 },
      { label: 'Feb 26', answered: 0, notAnswered: 0 },
      { label: 'Mar 26', answered: 402, notAnswered: 0 },
      { label: 'Apr 26', answered: 0, notAnswered: 12 },
    ],
    'Calls offered and answered, January to April 2026',
  ),
  moments,
  waveform: picture(
    waveformSvg({
      seconds: 184.1,
      left: wave((part) => (part % 60 < 30 ? 90 * Math.sin(part) : 4)),
      right: wave((part) => (part % 60 < 30 ? 4 : 70 * Math.cos(part))),
    }),
  ),
  silence: picture(waveformSvg({ seconds: 2, left: wave(() => 0), right: wave(() => 0) })),
}

export function designPages(site: Site): void {
  site.get('/design', 'signedIn', async () =>
    view(
      'design.njk',
      'Components',
      { designs, rota, ...drawn, wallboard: sampleBoard, qr: await telephoneCode('01632 960021') },
      { scripts: ['player.js'] },
    ),
  )
  site.get('/accessibility', 'anyone', () => view('accessibility.njk', 'Accessibility statement'))
}
