import type { Board, Row } from './row.js'

const over = { limitMs: 60_000, over: 'over 60 s' }
const tile = (key: string, order: number, state: string, fields: Row['fields']): Row => ({
  key,
  order,
  state,
  fields: { ...fields, judgement: state === 'good' ? '✓ On target' : state === 'off' ? '▲ Off target' : '–' },
})

/** Every row in every state, for `/design`. */
export const sampleBoard: Board & { readonly calls: readonly Row[] } = {
  tiles: [
    tile('dialToVoice', 0, 'good', {
      name: 'Dial to voice, median today',
      value: '28.4 s',
      detail: 'Of 42 answered calls',
      target: 'Target: 33 s or less',
    }),
    tile('answered', 1, 'off', {
      name: 'Answered today',
      value: '42',
      detail: 'Of 58 offered: 72.4% (as of 14:03:22)',
      target: 'Target: 80% or more',
    }),
    {
      ...tile('waiting', 2, 'off', { name: 'Waiting now', value: '3', detail: 'Longest wait', target: 'Target: nobody over 60 s' }),
      clock: { of: 'a', ms: 75_000, ...over },
    },
    tile('nobody', 3, 'off', { name: 'Lines with nobody on', value: '2', detail: '1 now, 1 within the hour', target: 'Target: 0' }),
    tile('overdue', 4, 'good', { name: 'Call-backs overdue', value: '0', detail: 'Open, and due before now', target: 'Target: 0' }),
    tile('alarms', 5, 'none', { name: 'Alarms', value: '–', detail: 'Not known yet', target: 'Target: 0' }),
  ],
  lines: [
    {
      ...{ key: 'cardiology', order: 0, state: 'open' },
      fields: {
        name: 'Cardiology',
        hours: 'Open until 17:00',
        now: 'Consultant cardiologist × 2, Cardiology registrar',
        gap: '',
        next: '13:00: Consultant cardiologist',
        waiting: '1',
        connection: '28.4 s',
        answerRate: '90%, 18 of 20',
        unanswered: '1',
        abandoned: '1',
      },
      marks: { connection: 'good', answerRate: 'good' },
      clock: { of: 'a', ms: 12_000, ...over },
    },
    {
      ...{ key: 'ent', order: 1, state: 'soon' },
      fields: {
        name: 'ENT Adult Acute Queries and Referrals',
        hours: 'Open until 20:00',
        now: 'On-call mobile',
        gap: 'Nobody from 14:30',
        next: 'Tue 09:00: Consultant ENT surgeon',
        waiting: '2',
        connection: '48.0 s, over',
        answerRate: '66.7%, 12 of 18, under',
        unanswered: '5',
        abandoned: '1',
      },
      marks: { now: 'off', connection: 'off', answerRate: 'off' },
      clock: { of: 'b', ms: 75_000, ...over },
    },
    {
      ...{ key: 'epilepsy', order: 2, state: 'nobody' },
      fields: {
        name: 'Epilepsy follow-up',
        hours: 'Open until 17:00',
        now: 'Nobody',
        gap: '',
        next: '–',
        waiting: '0',
        connection: '–',
        answerRate: '0%, 0 of 2, under',
        unanswered: '2',
        abandoned: '0',
      },
      marks: { now: 'off', answerRate: 'off' },
    },
    {
      ...{ key: 'dvt', order: 3, state: 'closed' },
      fields: {
        name: 'Acute Medicine SDEC - DVT',
        hours: 'Closed, opens Tue 09:00',
        now: '–',
        gap: '',
        next: 'Tue 09:00: Consultant in acute medicine',
        waiting: '0',
        connection: '–',
        answerRate: '–',
        unanswered: '0',
        abandoned: '0',
      },
    },
  ],
  alarms: [
    {
      ...{ key: 'store.cannotWrite', order: 0, state: 'critical' },
      fields: {
        severity: 'critical',
        name: 'store.cannotWrite',
        meaning: 'Facts of calls cannot be written.',
        action: 'Make room on the disk.',
        detail: 'no space left on device',
      },
    },
    {
      ...{ key: 'trunk.failing', order: 1, state: 'major' },
      fields: {
        severity: 'major',
        name: 'trunk.failing, 2 times',
        meaning: 'A trunk refuses calls or does not answer.',
        action: 'Ask the provider.',
        detail: '',
      },
    },
    {
      ...{ key: 'callBacks.many', order: 2, state: 'minor' },
      fields: {
        severity: 'minor',
        name: 'callBacks.many',
        meaning: 'One caller has left many different numbers to be called back.',
        action: 'Look at these requests before anyone calls the numbers.',
        detail: '',
      },
    },
  ],
  calls: [
    {
      ...{ key: 'a', order: 1, state: 'waiting' },
      fields: { line: 'Cardiology', stage: 'Ringing', whom: 'Consultant cardiologist', attempt: '2 of 3', from: 'Elm Row Surgery' },
      clock: { of: 'waiting', ms: 12_000, ...over },
    },
    {
      ...{ key: 'b', order: 2, state: 'waiting' },
      fields: {
        line: 'ENT Adult Acute Queries and Referrals',
        stage: 'Asked to accept',
        whom: 'On-call mobile',
        attempt: '1 of 1',
        from: 'Harbour Lane Practice',
      },
      clock: { of: 'waiting', ms: 75_000, ...over },
    },
    {
      ...{ key: 'c', order: 3, state: 'talking' },
      fields: { line: 'Cardiology', stage: 'Talking', whom: 'Consultant cardiologist (NCN)', attempt: '4 of 5', from: 'Elm Row Surgery' },
      clock: { of: 'talking', ms: 3_725_000 },
    },
    {
      ...{ key: 'd', order: 4, state: 'other' },
      fields: { line: 'No line chosen yet', stage: 'In the menu', whom: '–', attempt: '–', from: 'Elm Row Surgery' },
      clock: { of: 'since it came', ms: 4_000 },
    },
  ],
}
