// The calling page: shows the telephone (phone-line.js) and handles its buttons.
import { PhoneAudio } from './phone-audio.js'
import { followOwnCalls } from './phone-calls.js'
import { PhoneLine } from './phone-line.js'
import { beTheOne } from './phone-tabs.js'
import { testConnection } from './phone-test.js'
import { About } from './phone-about.js'
import { beOfDevices } from './phone-devices.js'
import { inWords, refusals, troubles } from './phone-words.js'

const $ = (id) => document.getElementById(`phone-${id}`)
const show = (id, shown = true) => {
  $(id).hidden = !shown
}
const say = (id, words) => {
  if ($(id).textContent !== words) $(id).textContent = words
}

const kept = 'ringround-call'
/** Stages of a call in which two people talk, or have talked. */
const afterAcceptance = ['talking', 'outcome', 'ending']
const audio = new PhoneAudio($('audio'))
const line = new PhoneLine(() => audio.microphone())
const about = new About($)
/** This user's calls as the service reports them, the latest last; undefined until then. */
let own
let clock
/** When the call's clock started, and what it counts: the wait, then the talk. */
let counted = { words: '', from: 0 }
let endOwnMeter = () => undefined
let endTheirMeter = () => undefined
let shownCall
/** The number being dialled, or last dialled: its title, whether it takes keys, and whether a talk is gone on with by it. */
let dialled

document.getElementById('phone').hidden = false
for (const button of document.querySelectorAll('.rr-phone__dial')) {
  button.addEventListener('click', () => dial(button.dataset.dial, { title: button.dataset.title, keys: button.dataset.keys === 'yes' }))
}

function trouble(why, { take = false, words = troubles[why] } = {}) {
  show('trouble', why !== undefined)
  $('trouble').dataset.why = why ?? ''
  say('trouble-words', words ?? '')
  show('take', take)
}

/** A talk that this page lost may still run: the service says so, or has not reported yet. */
function offerReturn() {
  const talks = own?.filter(({ stage }) => stage === 'talking')
  const lost = sessionStorage.getItem(kept) !== null
  show('return', line.isReady && line.call === undefined && (talks?.some(({ part }) => lost || part === 'caller') ?? lost))
}

function dialsShown(shown) {
  for (const button of document.querySelectorAll('.rr-phone__dial')) {
    button.hidden = false
    button.disabled = !shown
  }
}
dialsShown(false)

// The telephone and its connection

line.addEventListener('state', ({ detail: { state, why } }) => {
  $('state').dataset.state = state
  if (state === 'ready') {
    trouble()
    say('state', line.call === undefined ? 'Ready to call.' : 'On a call.')
    dialsShown(line.call === undefined)
    offerReturn()
  } else if (state === 'connecting') say('state', 'Connecting ...')
  else {
    say('state', state === 'over' ? 'Not connected.' : 'Not connected; trying again ...')
    dialsShown(false)
    trouble(why)
  }
})

line.addEventListener('rung', ({ detail: call }) => {
  audio.ring()
  show('rung')
  dialsShown(false)
  whisper()
  notice()
  call.addEventListener('over', () => {
    audio.quiet()
    show('rung', false)
  })
  $('answer').onclick = async () => {
    audio.quiet()
    try {
      await audio.microphone()
      show('rung', false)
      follow(call, { title: $('rung-title').textContent, keys: false })
      await call.answer()
    } catch (error) {
      failed(error)
    }
  }
  $('decline').onclick = () => call.decline()
  $('answer').focus()
})

/** The whisper: shown here, and spoken once the specialist has answered. */
function whisper() {
  const rung = own?.findLast(({ part }) => part === 'specialist')
  say(
    'rung-whisper',
    rung
      ? `A call${rung.organisation ? ` from ${rung.organisation}` : ''}${rung.line ? ` about ${rung.line}` : ''}.`
      : 'Someone is calling you.',
  )
}

function notice() {
  if (document.visibilityState === 'visible' || !('Notification' in window) || Notification.permission !== 'granted') return
  const shown = new Notification('A call for you', { body: $('rung-whisper').textContent, tag: 'ringround-call', requireInteraction: true })
  shown.onclick = () => {
    window.focus()
    shown.close()
  }
  line.call?.addEventListener('over', () => shown.close())
}

async function dial(number, what) {
  if (line.call !== undefined || !line.isReady) return
  trouble()
  dialsShown(false)
  try {
    await audio.microphone()
    const calling = line.dial(number)
    if (line.call) follow(line.call, what)
    await calling
  } catch (error) {
    failed(error)
  }
}

function failed(error) {
  line.call?.hangUp()
  dialsShown(line.isReady)
  trouble(error.name ?? 'fault', { words: error.message })
}

// A call

function follow(call, what) {
  dialled = what
  shownCall = undefined
  about.begin()
  show('return', false)
  show('call')
  say('state', 'On a call.')
  say('call-title', what.title)
  say('call-words', call.direction === 'out' ? 'Calling ...' : 'Connecting ...')
  $('call-title').focus()
  keysShown(false)
  call.addEventListener('up', () => up(call))
  call.addEventListener('heard', ({ detail }) => heard(detail))
  call.addEventListener('media', ({ detail }) => media(detail))
  call.addEventListener('over', ({ detail: { why } }) => over(call, why))
  told()
}

function up(call) {
  counted = { words: '', from: performance.now() }
  clock = setInterval(tick, 500)
  void audio.microphone().then(meterOwn)
  if (dialled.keys) keysShown(true)
  told()
}

function tick() {
  $('clock').textContent = `${counted.words}${minutes(performance.now() - counted.from)}`
}

function heard(stream) {
  void audio.hear(stream)
  endTheirMeter()
  endTheirMeter = audio.meter(stream, (level) => {
    $('heard').value = level
  })
}

function meterOwn(stream) {
  endOwnMeter()
  endOwnMeter = audio.meter(stream, (level) => {
    $('said').value = level
  })
}

function media(state) {
  $('call').dataset.media = state
  if (state === 'failed') trouble('voice')
  else if (state === 'connected' && $('trouble').dataset.why === 'voice') trouble()
}

function over(call, why) {
  clearInterval(clock)
  if ($('trouble').dataset.why === 'microphoneLost') trouble()
  $('clock').textContent = ''
  endOwnMeter()
  endTheirMeter()
  void audio.hear(undefined)
  audio.release()
  sessionStorage.removeItem(kept)
  show('call', false)
  $('call').dataset.media = ''
  pressed('mute', false)
  pressed('hold', false)
  const words =
    call.direction === 'out' && why !== undefined
      ? (dialled.refusals?.[why] ?? refusals[why] ?? `The call failed (${why}).`)
      : 'The call is over.'
  say('state', words)
  dialsShown(line.isReady)
  about.end()
  $('state').focus?.()
}

/** Whether one of the calls that the service reports is the call here. Callers and specialists come back to their talk in the same way. */
function isThisCall({ part, stage }) {
  if (dialled.comesBack) return afterAcceptance.includes(stage)
  return part === (line.call.direction === 'out' ? 'caller' : 'specialist')
}

/** The service's view of the call here. */
function told() {
  const { call } = line
  if (call === undefined) return
  const found = own?.findLast(isThisCall)
  if (found === undefined) return
  shownCall = found
  about.of(found)
  if (found.line && found.part === 'caller') say('call-title', found.line)
  say('call-words', inWords(found))
  count(found)
  show('recorded', found.recording)
  show('accept', call.direction === 'in' && found.stage === 'whisper')
  if (found.stage === 'talking' && call.isUp) sessionStorage.setItem(kept, JSON.stringify({ title: $('call-title').textContent }))
}

function count({ part, talkedMs, waitedMs }) {
  const [words, ms] = talkedMs !== null ? ['Talking for ', talkedMs] : part === 'caller' ? ['Waiting for ', waitedMs] : ['', null]
  if (ms === null) return
  counted = { words, from: performance.now() - ms }
  if (line.call?.isUp) tick()
}

followOwnCalls((calls) => {
  own = calls
  if (line.call?.direction === 'in') whisper()
  told()
  offerReturn()
})

const minutes = (ms) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1_000) % 60).padStart(2, '0')}`

// Buttons and keys

function pressed(id, is) {
  $(id).setAttribute('aria-pressed', String(is))
}

function keysShown(shown) {
  show('keys', shown)
  $('keys-open').setAttribute('aria-expanded', String(shown))
}

$('mute').addEventListener('click', () => {
  audio.mute(!audio.isMuted)
  pressed('mute', audio.isMuted)
})
$('hold').addEventListener('click', async () => {
  const { call } = line
  if (call?.isUp && (await call.hold(!call.isHeld))) pressed('hold', call.isHeld)
})
$('end').addEventListener('click', () => line.call?.hangUp())
$('accept').addEventListener('click', () => line.call?.press('1'))
$('keys-open').addEventListener('click', () => keysShown($('keys').hidden))
$('keys').addEventListener('click', ({ target }) => {
  if (target.dataset.key) line.call?.press(target.dataset.key)
})
document.addEventListener('keydown', (event) => {
  if (
    !line.call?.isUp ||
    event.repeat ||
    event.ctrlKey ||
    event.altKey ||
    event.metaKey ||
    /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)
  )
    return
  if (/^[0-9*#]$/.test(event.key)) line.call.press(event.key)
})
$('return-now').addEventListener('click', () =>
  dial('return', {
    title: JSON.parse(sessionStorage.getItem(kept) ?? '{}').title ?? 'Call',
    keys: false,
    comesBack: true,
    refusals: {
      404: 'The call is over: the other side has hung up.',
      480: 'The call is at another part of the service. Press Return again.',
    },
  }),
)
$('return-not').addEventListener('click', () => {
  sessionStorage.removeItem(kept)
  show('return', false)
  void fetch('/api/browser-phone/away', { method: 'DELETE' })
})
// Leaving the page does not hang up a talk: it may be loaded again. A call that is not yet a talk ends with the page.
window.addEventListener('pagehide', () => {
  if (line.call === undefined) return
  if (shownCall?.stage === 'talking') navigator.sendBeacon('/api/browser-phone/away')
  else line.call.hangUp()
})

// Search

if ($('search')) {
  show('search-group')
  $('search').addEventListener('input', () => {
    const words = $('search')
      .value.toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
    const lines = [...$('lines').children]
    for (const one of lines) one.hidden = !words.every((word) => one.dataset.words.includes(word))
    const found = lines.filter((one) => !one.hidden).length
    say('search-found', `${found} ${found === 1 ? 'line' : 'lines'}`)
  })
}

beOfDevices({ $, audio, line, trouble, said: (words) => say('state', words), heardBy: meterOwn })
$('test').addEventListener('click', async () => {
  $('test').disabled = true
  $('test-found').replaceChildren()
  await testConnection({
    line,
    audio,
    found: (good, words) => {
      const item = document.createElement('li')
      item.textContent = `${good ? 'Good' : 'Not good'}: ${words}`
      item.dataset.good = String(good)
      $('test-found').append(item)
    },
  })
  dialsShown(line.isReady && line.call === undefined)
  $('test').disabled = false
})
if ('Notification' in window && Notification.permission === 'default') {
  show('notify')
  $('notify').addEventListener('click', async () => {
    await Notification.requestPermission()
    show('notify', false)
  })
}

// One tab is the telephone

void beTheOne({
  begin: () => {
    trouble()
    // For tests of this page.
    return line.start()
  },
  leave: async () => {
    await line.stop()
    dialsShown(false)
  },
  isBusy: () => line.call !== undefined,
  elsewhere: (ask) => {
    say('state', 'Not connected.')
    trouble('otherTab', { take: true })
    $('take').onclick = async () => {
      const answer = await ask()
      if (answer === 'busy') trouble('otherTabBusy', { take: true })
      if (answer === 'silent') trouble('otherTabSilent', { take: true })
    }
  },
})
