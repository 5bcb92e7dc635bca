import { count, line, list, object, text, textOrNull } from './schema-parts.js'

const share = (description: string) =>
  ({ type: ['number', 'null'], description: `${description}, 0 to 1; null: there were none`, examples: [0.83] }) as const
const ms = (description: string) =>
  ({ type: ['number', 'null'], description: `${description}, ms; null: there were none`, examples: [33_000] }) as const
const durations = (description: string) =>
  object({ mean: ms('Mean'), median: ms('Median, to within 1 %'), p90: ms('90th percentile, to within 1 %') }, description)
const number = (description: string) => count(description, 412)
const month = text('Month, Europe/London', '2026-03')

/** The definitions of all of them: docs/figures.md. */
export const figures = object(
  {
    placed: number('Calls that arrived'),
    offered: number('Of those: to an open line'),
    answered: number('Of those offered: two people talked'),
    unanswered: number('Of those offered: nobody accepted'),
    abandoned: number('Of those offered: the caller hung up after 5 s or more'),
    abandonedEarly: number('The caller hung up within 5 s'),
    closed: number('The line was closed'),
    notOffered: number('The call never reached a line'),
    answerRate: share('Answered, of those offered'),
    within60: share('Connected within 60 s, of those answered'),
    ncnShare: share('Answered by the National Consultant Network'),
    connectionMs: durations('From choosing the line to two people talking'),
    dialToVoiceMs: durations('From the INVITE to two people talking'),
    waitMs: ms('Mean wait until acceptance'),
    talkMs: ms('Mean talk of an answered call'),
    refs: { type: ['number', 'null'], description: 'Specialists tried per offered call; null: there were none', examples: [1.4] },
    callBackRequested: number('The patient asked to be called back'),
    arranged: number('Arranged calls'),
    arrangedConnected: number('Of those: two people talked'),
  },
  'Figures, as docs/figures.md defines them',
)

const group = (what: string) =>
  object({
    id: text(`Id of the ${what}`, what === 'line' ? 'cardiology' : 'elm-row'),
    name: textOrNull(`Name of the ${what}; null: no longer in the directory`, 'Cardiology'),
    figures,
  })

export const advice = {
  rung: number('How often one of their telephones was rung'),
  answered: number('Calls that they accepted and in which two people talked'),
  talkMs: count('How long they talked in all, ms', 5_400_000),
} as const

export const summaryAnswer = object(
  {
    months: list(month, 'The months, the present one last'),
    line: { ...object(line, 'The line that was asked for; null: all that you report on'), type: ['object', 'null'] },
    total: figures,
    before: figures,
    byMonth: list(object({ month, figures }), 'Each month'),
    byLine: list(group('line'), 'Lines with calls, the most offered first'),
    byTrust: list(group('trust'), 'Trusts, by the lines that are theirs'),
    byOrganisation: list(group('organisation'), 'Organisations that called, for people who report on every line'),
    byClinician: list(
      object({
        id: text('Id of the clinician', 'dr-okafor'),
        name: textOrNull('Their name; null: no longer in the directory', 'Dr Ada Okafor'),
        ...advice,
      }),
      'Clinicians, the longest talk first, for people who report on every line',
    ),
    byHour: list(
      object({ offered: number('Calls offered'), answered: number('Of those: answered') }),
      'Hours of the week, 168 of them: the first is Monday 00:00 to 01:00, Europe/London',
    ),
    outcomes: list(
      object({ outcome: text('Id of the outcome', 'referral-avoided'), calls: number('Calls with it') }),
      'The most frequent first',
    ),
  },
  'Twelve months in figures',
)

export const adviceAnswer = object(
  {
    clinician: text('Id of the clinician', 'dr-okafor'),
    months: list(object({ month, ...advice }), 'Each month, the present one last'),
    total: object(advice, 'All of them together'),
  },
  'The advice that a clinician gave',
)
