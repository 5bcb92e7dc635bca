import type { Accounts } from '../accounts/accounts.js'
import { inForce } from '../accounts/grants.js'
import { reaches, reachOfGrants, type Grant, type Person, type Reach } from '../accounts/identity.js'
import { entryOf } from '../alarms/alarm-list.js'
import type { Directory } from '../directory/model.js'
import { figuresIn, monthsUntil, type PeriodFigures, type Sums } from '../figures/summary.js'
import { count, minutes, percent, seconds } from '../figures/words.js'
import { bodyOf, type Part } from './letter-body.js'
import type { KeptMessage, Letter, Message } from './message.js'

export interface LettersSettings {
  readonly accounts: Accounts
  /** Figures of lines, by month: cached, so that a month is read once for all recipients. */
  readonly sums: {
    of(
      scope: 'line',
      months: readonly string[],
    ): Promise<{ ids(): ReadonlySet<string>; sums(lines: Iterable<string>, months: Iterable<string>): Sums }>
  }
  readonly directory: () => Directory
  /** The pages' base URL, without a trailing slash. */
  readonly url: () => string
}

/** The most lines in a letter; the page has all of them. */
const maxLines = 30

/** Messages in words, made when sent: to the person's current address, with a link valid from then on. @returns undefined: it has no recipient any more */
export function letters({
  accounts,
  sums: months,
  directory,
  url,
}: LettersSettings): (message: KeptMessage) => Promise<Letter | undefined> {
  return async ({ person: id, message }) => {
    const person = await accounts.person(id)
    if (!person || person.disabledAt !== undefined || person.email === undefined) return undefined
    const written = await wordsOf(message, person)
    return (
      written && {
        to: person.email,
        subject: written.subject,
        ...bodyOf(written.subject, [`Hello ${person.name},`, ...written.parts], url()),
      }
    )
  }

  async function wordsOf(
    message: Message,
    person: Person,
  ): Promise<{ readonly subject: string; readonly parts: readonly Part[] } | undefined> {
    switch (message.kind) {
      case 'invitation':
      case 'signInLink': {
        const link = `${url()}/sign-in/link/${await accounts.makeLink({ actor: message.by, address: '' }, person.id, message.kind === 'invitation' ? 'invitation' : 'signIn')}`
        return message.kind === 'invitation'
          ? {
              subject: 'You have been invited to Ringround',
              parts: [
                'Use this link to sign in for the first time. It works once, within 7 days:',
                { link, text: 'Sign in for the first time' },
                'Never give it to anyone. Nobody from Ringround will ask you for it.',
              ],
            }
          : {
              subject: 'Your link to sign in to Ringround',
              parts: [
                'This link signs you in. It works once, within an hour:',
                { link, text: 'Sign in' },
                'If you did not ask for it, tell your service administrator.',
              ],
            }
      }
      case 'newBrowser':
        return {
          subject: 'A new browser signed in to your Ringround account',
          parts: [
            `On ${instant.format(message.at)} someone signed in to your account with a browser that you have not used here before: ${message.browser}.`,
            'If that was you, you do not need to do anything.',
            'If it was not you, sign in and end that session:',
            { link: `${url()}/account#sessions`, text: 'Where you are signed in' },
            'Then change your password, which ends all your other sessions, and tell your service administrator:',
            { link: `${url()}/account/password`, text: 'Change your password' },
          ],
        }
      case 'alarm': {
        const { meaning, action, severity } = entryOf(message.alarm)
        return {
          subject: `Ringround: ${message.alarm} (${severity})`,
          parts: [
            `${instant.format(message.raisedAt)}: ${meaning}`,
            `What to do: ${action}`,
            { link: `${url()}/alarms`, text: 'All alarms' },
          ],
        }
      }
      case 'summary':
        return summary(message.month, person)
      // Goes to browsers, and never as a letter.
      case 'push':
        return undefined
      case 'test':
        return { subject: 'Ringround can send you messages', parts: ['This is the test email that you asked for on the page Outbox.'] }
    }
  }

  /** The lines that they report on now; undefined: none any more. */
  async function summary(
    month: string,
    person: Person,
  ): Promise<{ readonly subject: string; readonly parts: readonly Part[] } | undefined> {
    const now = accounts.now()
    const grants: readonly Grant[] = (await accounts.grants(person.id)).filter((grant) => inForce(grant, now))
    const reach: Reach = reachOfGrants({ person, grants }, 'reports')
    const known = directory()
    const [before = month] = monthsUntil(month, 2)
    if (!reach.everywhere && reach.organisations.size + reach.lines.size === 0) return undefined
    const sums = await months.of('line', [before, month])
    const lines = [...sums.ids()].filter((id) => reaches(reach, { line: id }, known))
    const of = (which: string) => figuresIn(sums.sums(lines, [which]))
    const byLine = lines
      .map((id) => ({ name: known.lines.get(id)?.name ?? id, figures: figuresIn(sums.sums([id], [month])) }))
      .filter(({ figures }) => figures.offered > 0)
    byLine.sort((a, b) => b.figures.offered - a.figures.offered || a.name.localeCompare(b.name, 'en-GB'))
    const name = monthName.format(Date.parse(`${month}-15T12:00:00Z`))
    const rest = byLine.length - maxLines
    return {
      subject: `Ringround: ${name}`,
      parts: [
        `${name}: ${short(of(month))}.`,
        `The month before: ${short(of(before))}.`,
        byLine.length === 0
          ? 'No line was called.'
          : {
              caption: `Lines, ${name}`,
              columns: ['Line', 'Answered', 'Connected within (median)'],
              rows: byLine.slice(0, maxLines).map(({ name: line, figures }) => [line, ...cells(figures)]),
              lines: byLine.slice(0, maxLines).map(({ name: line, figures }) => `- ${line}: ${short(figures)}`),
            },
        ...(rest > 0 ? [`and ${rest} more lines`] : []),
        { link: `${url()}/summary`, text: 'All figures, and what each means' },
      ],
    }
  }
}

function cells({ offered, answered, answerRate, connection }: PeriodFigures): readonly string[] {
  return [`${count(answered)} of ${count(offered)} (${percent(answerRate)})`, seconds(connection.median)]
}

function short({ offered, answered, answerRate, connection, talk }: PeriodFigures): string {
  if (offered === 0) return 'no calls'
  return `${count(answered)} of ${count(offered)} ${offered === 1 ? 'call' : 'calls'} answered (${percent(answerRate)}), connected within ${seconds(connection.median)} (median), ${minutes(talk)} on average`
}

const instant = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/London' })
const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'Europe/London' })
