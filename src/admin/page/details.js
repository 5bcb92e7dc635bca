import { byId, element } from './element.js'
import { play } from './player.js'
import { caller, clock, day, endings, kinds, number, results, seconds, time } from './words.js'

export function prepareDetails() {
  byId('details-close').addEventListener('click', () => byId('details').close())
  byId('details').addEventListener('click', (event) => {
    // The backdrop belongs to the dialog itself.
    if (event.target === byId('details')) byId('details').close()
  })
}

/** Everything that is known of one call. */
export async function showDetails(callId) {
  const response = await fetch(`api/calls/${encodeURIComponent(callId)}`)
  const answer = await response.json()
  byId('details-title').textContent = response.ok ? (answer.call.lineName ?? answer.call.line ?? 'Call') : 'Call'
  byId('details-body').replaceChildren(...(response.ok ? parts(answer) : [element('p', { class: 'empty' }, answer.error.message)]))
  byId('details').showModal()
}

function parts({ call, attempts, recordings, events }) {
  const [ending] = call.ending ? (endings[call.ending] ?? [call.ending]) : ['On the line']
  const fact = (name, value) => (value === undefined || value === null || value === '' ? [] : [element('dt', {}, name), element('dd', {}, value)])
  return [
    element(
      'dl',
      { class: 'facts' },
      ...fact('Arrived', `${day(call.arrivedAt)}, ${time(call.arrivedAt)}`),
      ...fact('Kind', kinds[call.kind]),
      ...fact('From', caller(call).filter(Boolean).join(' · ')),
      ...fact('Dialled', call.dialledNumber && number(call.dialledNumber)),
      ...fact('Asked to be called back on', call.callBackRequested && number(call.callBackRequested)),
      ...fact('Telephone', call.device),
      ...fact('Wait', seconds(call.waitMs)),
      ...fact('Talk', seconds(call.talkMs)),
      ...fact('Ending', [ending, call.endingWhy, call.endingDetail].filter(Boolean).join(' · ')),
      ...fact('Outcome', call.outcome && `${call.outcomeLabel ?? call.outcome.outcome} (left by the ${call.outcome.by})`),
      ...fact('Call id', element('code', {}, call.callId)),
    ),
    element('h3', {}, attempts.length === 0 ? 'Nobody was rung' : 'Who was rung'),
    element('ol', { class: 'steps' }, ...attempts.map(step)),
    ...(recordings.length > 0 ? [element('h3', {}, 'Recording'), ...recordings.map((recording) => recordingLine(recording, call))] : []),
    ...call.alarms.map((alarm) => element('p', { class: 'notice' }, element('strong', {}, alarm.alarm), alarm.detail)),
    element('details', {}, element('summary', {}, `All ${events.length} facts`), element('pre', { tabindex: 0 }, events.map((event) => `${time(event.at)} ${JSON.stringify(event)}`).join('\n'))),
  ]
}

function step(attempt) {
  const rang = attempt.rangMs === undefined ? '' : attempt.answeredAt ? `answered after ${seconds(attempt.rangMs)}` : `rang ${seconds(attempt.rangMs)}`
  const proof = attempt.proof?.heard
  return element(
    'li',
    {},
    element('time', {}, time(attempt.startedAt)),
    element('strong', {}, attempt.label),
    attempt.pool === 'ncn' ? element('span', { class: 'chip' }, 'NCN') : null,
    element('span', { class: 'chip', 'data-tone': attempt.result === 'accepted' ? 'good' : attempt.result === undefined ? 'wait' : 'plain' }, attempt.result === undefined ? 'ringing' : (results[attempt.result] ?? attempt.result)),
    element('span', {}, [rang, proof ? (proof.kind === 'key' ? `pressed ${proof.key} (${proof.source})` : `said "${proof.word}"`) : '', attempt.reason ?? ''].filter(Boolean).join(' · ')),
  )
}

function recordingLine(recording, call) {
  if (recording.url) return element('p', {}, element('button', { type: 'button', class: 'small', onclick: () => play(recording.url, call.lineName ?? 'Call', undefined) }, `▶ ${clock(recording.seconds)}`), recording.lostSeconds ? ` ${Math.round(recording.lostSeconds)} s of the conversation were not recorded.` : '')
  return element('p', {}, recording.why ? `There is no MP3: ${recording.why}` : 'The MP3 is not there yet.')
}
