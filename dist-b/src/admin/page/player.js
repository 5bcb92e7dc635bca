import { byId } from './element.js'

const audio = () => byId('audio')

/** Plays a recording in the bar at the foot of the page. */
export function play(url, title, withWhom) {
  byId('player-title').textContent = title
  byId('player-detail').textContent = withWhom ? `with ${withWhom} · left: caller, right: specialist` : 'left: caller, right: specialist'
  byId('player-save').href = `${url}${url.includes('?') ? '&' : '?'}download=true`
  byId('player').hidden = false
  audio().src = url
  // A browser that does not let pages start sound leaves it to the button.
  audio().play().catch(() => undefined)
}

export function preparePlayer() {
  byId('player-close').addEventListener('click', () => {
    audio().pause()
    audio().removeAttribute('src')
    audio().load()
    byId('player').hidden = true
  })
}
