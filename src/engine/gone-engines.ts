import type { Alarms } from '../alarms/alarms.js'
import type { Presence } from '../fleet/presence.js'

/**
 * An alarm for each engine that has gone without a word, until one of its name runs again. The first of the running engines raises it: what happened once is reported once.
 * @returns ends it
 */
export function watchGoneEngines(presence: Pick<Presence, 'self' | 'engines' | 'onChange' | 'onGone'>, alarms: Alarms): () => void {
  const gone = new Map<string, number>()
  const look = () => {
    const running = new Set(presence.engines().map(({ name }) => name))
    const isFirst = presence.engines()[0]?.incarnation === presence.self.incarnation
    for (const [name, at] of gone) {
      if (running.has(name)) gone.delete(name)
      if (running.has(name) || !isFirst) alarms.clear(`engine.gone: ${name}`)
      else
        alarms.raise(`engine.gone: ${name}`, `no sign of life of it, known at ${new Date(at).toISOString()}; its calls go on in the others`)
    }
  }
  const ends = [
    presence.onGone(({ name, how, at }) => {
      if (how !== 'lapsed') return
      gone.set(name, at)
      look()
    }),
    presence.onChange(look),
  ]
  return () => ends.forEach((end) => end())
}
