import { createHash } from 'node:crypto'
import type { Directory } from '../../directory/model.js'
import { figureDefinitions, nowDefinitions } from '../../figures/definitions.js'
import { view, type Site } from '../site.js'
import { viewOf } from '../wallboard/view.js'
import type { Wallboard } from '../wallboard/wallboard.js'
import { clockTime } from '../wallboard/words.js'
import { figureNames } from './summary.js'

export interface WallboardPageParts {
  readonly wallboard: Wallboard
  readonly directory: () => Directory
  /** Wall-clock ms. */
  readonly now: () => number
  /** A number to ring for a try: `sip:+441632960001@127.0.0.1:5060`. */
  readonly ringHere?: readonly string[] | undefined
}

/** Dial-In numbers suggested while there are no calls. */
const maxPlaces = 5

/** A page without scripts may show figures up to this old, ms. */
const freshMs = 1_000

/** The present: large figures, lines, calls. Without scripts the page refreshes itself; with them it follows the stream. */
export function wallboardPages(site: Site, { wallboard, directory, now, ringHere = [] }: WallboardPageParts): void {
  site.menu({ href: '/wallboard', text: 'Wallboard', needs: 'wallboard', firstFor: ['operations', 'serviceManager'] })

  site.get('/wallboard', 'wallboard', async ({ identity, query }) => {
    const screen = identity.kind !== 'person' || query['screen'] !== undefined
    const seen = viewOf(identity, { screen }, directory)
    // Figures that cannot be read are shown as last known, with their time.
    if (wallboard.today.isOlderThan(freshMs)) await wallboard.today.read().catch(() => undefined)
    const look = query['look'] === 'dark' || query['look'] === 'light' ? query['look'] : undefined
    return view(
      'wallboard.njk',
      'Wallboard',
      {
        screen,
        look,
        board: wallboard.board(seen),
        calls: wallboard.calls(seen),
        callers: seen.callers,
        asOf: clockTime(now()),
        stream: `/api/wallboard${screen ? '?screen=true' : ''}`,
        // Each view has its own stream: the name separates what tabs of one browser share.
        view: createHash('sha256').update(seen.key).digest('hex').slice(0, 12),
        connectionTarget: wallboard.targets.connectionMs / 1_000,
        definitions,
        ringHere: screen ? [] : ringHere.slice(0, maxPlaces),
      },
      { scripts: ['wallboard.js'], ...(screen ? { bodyClass: `rr-wall${look === undefined ? '' : ` rr-wall--${look}`}` } : {}) },
    )
  })
}

const shownFigures = [
  'dialToVoice',
  'connectionTime',
  'offered',
  'answered',
  'answerRate',
  'unanswered',
  'abandoned',
  'abandonedEarly',
  'waitTime',
] as const
const nowNames: Readonly<Record<keyof typeof nowDefinitions, string>> = {
  today: 'Today',
  waitingNow: 'Waiting now',
  nobodyOn: 'Lines with nobody on',
  overdue: 'Call-backs overdue',
  alarms: 'Alarms',
}

const definitions = [
  ...(Object.keys(nowNames) as (keyof typeof nowNames)[]).map((name) => ({ name: nowNames[name], meaning: nowDefinitions[name] })),
  ...shownFigures.map((name) => ({ name: figureNames[name], meaning: figureDefinitions[name] })),
]
