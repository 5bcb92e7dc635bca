import type { BrowserOf, OtherTalks, PageNews } from '../calls/returns.js'
import type { Presence } from '../fleet/presence.js'
import { ofEachEngine, type SharedMaps } from '../fleet/shared-map.js'
import { isReachable, type BrowserListener } from './browser-listener.js'

/** What a browser has sent to another engine than that of its talk. */
interface Told {
  readonly browser: BrowserOf
  readonly news: PageNews
  readonly at: number
}

/** An engine that has not heard it by then is no longer concerned. */
const toldMs = 5_000

/**
 * The talks by browsers, as engines share them: a reloaded page may come to any engine.
 * @param listener of this engine's switch
 */
export function otherTalks(maps: SharedMaps, presence: Presence, listener: BrowserListener | undefined): OtherTalks {
  const talks = ofEachEngine(maps.map<readonly string[]>('talks'), presence)
  const told = maps.map<Told>('leftPages')
  const listeners = ofEachEngine(maps.map<BrowserListener>('browserListeners'), presence)
  if (listener) listeners.set('sip', listener)
  const withTalkOf = (who: readonly string[]) => [...talks.others()].find(({ value }) => value.some((one) => who.includes(one)))?.engine
  return {
    begun: (talk, who) => talks.set(talk, who),
    over: (talk) => talks.delete(talk),
    has: (who) => withTalkOf(who) !== undefined,
    switchOf: (who) => {
      const engine = withTalkOf(who)
      const found = engine && [...listeners.others()].find((one) => one.engine.incarnation === engine.incarnation)?.value
      return found && isReachable(found) ? found.sip : undefined
    },
    tell: (browser, news, at) => told.set(browser.device, { browser, news, at }, toldMs),
    onTold: (listener) =>
      void told.onChange(({ value }) => {
        if (value) listener(value.browser, value.news, value.at)
      }),
  }
}
