import { lineChoices } from '../directory/access.js'
import { hoursInWords, openingInWords } from '../directory/hours-in-words.js'
import type { Directory, OrganisationId } from '../directory/model.js'
import { showNumber } from '../directory/telephone-number.js'
import { leastCallsForUsual, usualConnections, type UsualConnection } from '../figures/usual-connection.js'
import type { Store } from '../store/store.js'
import { asked, done, type Result } from './result.js'

/** A line in an organisation's Service Directory. */
export interface ServiceLine {
  readonly id: string
  readonly name: string
  /** Who runs it. */
  readonly trustName: string | null
  /** The key in the menu of the organisation's Dial-In number. */
  readonly code: string
  /** Numbers that lead to it without a menu, as people write them. */
  readonly direct: readonly string[]
  readonly blurb: string
  /** A line each. */
  readonly hours: readonly string[]
  readonly open: boolean
  /** `Open until 17:00`, `Closed, opens Monday at 9:00`. */
  readonly opening: string
  /** Whole seconds from the choice of the line to an answer, on average, at this hour; null: too few calls to say. */
  readonly usualSeconds: number | null
  /** Answered calls at this hour, the basis of that. */
  readonly usualOf: number
}

/** What an organisation can ring at the moment. */
export interface ServiceDirectory {
  readonly organisation: OrganisationId
  readonly name: string
  /** Its Dial-In numbers, as people write them. */
  readonly dialIn: readonly string[]
  /** In the order of their names. */
  readonly lines: readonly ServiceLine[]
  /** Fewer answered calls at an hour than this are too few for a mean. */
  readonly leastCalls: number
  /** When it was read, wall-clock ms. */
  readonly now: number
}

export interface ServiceDirectoryParts {
  readonly directory: () => Directory
  readonly store: Pick<Store, 'connectionsAtHours'>
  /** Wall-clock ms. */
  readonly now: () => number
}

/** @returns undefined: there is no such organisation */
export async function serviceDirectory(
  { directory, store, now }: ServiceDirectoryParts,
  organisation: OrganisationId,
): Promise<Result<ServiceDirectory | undefined, 'storeUnavailable'>> {
  const [known, at] = [directory(), now()]
  const about = known.organisations.get(organisation)
  if (about === undefined) return done(undefined)
  const choices = lineChoices(known, organisation, at)
  const usual = await asked(
    usualConnections(
      store,
      choices.map(({ line }) => line.id),
      at,
    ),
  )
  if (usual.kind === 'refused') return usual
  const numbers = [...known.numbers.values()]
  const lines = choices.map(({ line, opening }): ServiceLine => {
    const { calls, seconds }: UsualConnection = usual.value.get(line.id) ?? { calls: 0 }
    return {
      id: line.id,
      name: line.name,
      trustName: known.organisations.get(line.trust)?.name ?? null,
      code: line.code,
      direct: numbers.flatMap(({ number, use }) => (use.kind === 'line' && use.line === line.id ? [showNumber(number)] : [])),
      blurb: line.blurb,
      hours: hoursInWords(line, at),
      open: opening.open,
      opening: openingInWords(opening, line.timeZone, at),
      usualSeconds: seconds ?? null,
      usualOf: calls,
    }
  })
  return done({
    organisation,
    name: about.name,
    dialIn: numbers.flatMap(({ number, use }) => (use.kind === 'dialIn' && use.organisation === organisation ? [showNumber(number)] : [])),
    lines: lines.sort((a, b) => a.name.localeCompare(b.name, 'en-GB') || (a.id < b.id ? -1 : 1)),
    leastCalls: leastCallsForUsual,
    now: at,
  })
}
