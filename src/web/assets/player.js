// Adds to a recording: a position on the waveform (by keyboard too), speed, one voice alone.
for (const player of document.querySelectorAll('.rr-player')) {
  const audio = player.querySelector('audio')
  const wave = player.querySelector('.rr-player__wave')
  const seconds = Number(player.dataset.seconds)
  const clock = (at) => `${Math.floor(at / 60)}:${String(Math.floor(at % 60)).padStart(2, '0')}`

  const place = Object.assign(document.createElement('input'), {
    type: 'range',
    min: '0',
    max: String(Math.ceil(seconds)),
    step: '1',
    value: '0',
    className: 'rr-player__place',
  })
  place.setAttribute('aria-label', `Place in ${player.dataset.name}`)
  const mark = Object.assign(document.createElement('div'), { className: 'rr-player__mark' })
  wave.append(mark, place)
  const show = (at) => {
    place.value = String(Math.round(at))
    place.setAttribute('aria-valuetext', `${clock(at)} of ${clock(seconds)}`)
    mark.style.left = `${Math.min(100, (at / seconds) * 100)}%`
  }
  show(0)
  place.addEventListener('input', () => {
    audio.currentTime = Number(place.value)
    show(Number(place.value))
  })
  audio.addEventListener('timeupdate', () => show(audio.currentTime))

  const more = player.querySelector('.rr-player__more')
  const choice = (legend, options, chosen, act) => {
    const set = document.createElement('fieldset')
    set.className = 'rr-player__choice'
    set.append(Object.assign(document.createElement('legend'), { textContent: legend }))
    const buttons = options.map(([value, text]) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: text })
      button.setAttribute('aria-pressed', String(value === chosen))
      button.addEventListener('click', () => {
        for (const one of buttons) one.setAttribute('aria-pressed', String(one === button))
        act(value)
      })
      return button
    })
    set.append(...buttons)
    more.before(set)
  }
  choice(
    'Speed',
    [
      [1, 'Normal'],
      [1.25, '1¼'],
      [1.5, '1½'],
      [2, 'Double'],
    ],
    1,
    (speed) => {
      audio.playbackRate = speed
    },
  )

  // Each voice has its own channel; a chosen one plays in both ears.
  let gains
  choice(
    'Voices',
    [
      ['both', 'Both'],
      ['left', 'Caller'],
      ['right', 'Specialist'],
    ],
    'both',
    (which) => {
      gains ??= twoChannels(audio)
      gains.left.gain.value = which === 'right' ? 0 : 1
      gains.right.gain.value = which === 'left' ? 0 : 1
    },
  )
}

function twoChannels(audio) {
  const context = new AudioContext()
  void context.resume()
  const split = context.createChannelSplitter(2)
  context.createMediaElementSource(audio).connect(split)
  const [left, right] = [context.createGain(), context.createGain()]
  for (const [index, gain] of [left, right].entries()) {
    split.connect(gain, index)
    gain.connect(context.destination)
  }
  return { left, right }
}
