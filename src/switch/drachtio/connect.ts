import type { PlainSwitch, Switch } from '../port.js'
import { DrachtioSwitch } from './drachtio-switch.js'
import type { DrachtioSwitchSettings } from './settings.js'

/**
 * Connects to the servers named in the settings and hands back the switch at once; `health()` says when calls can be taken,
 * and `whenReady` waits for it. Lost connections come back by themselves.
 */
export function connectDrachtioSwitch(settings: DrachtioSwitchSettings): PlainSwitch & Pick<DrachtioSwitch, 'takenByOthers'> {
  const connected = new DrachtioSwitch(settings)
  connected.connect()
  return connected
}

/**
 * Waits until the switch can take calls.
 * @returns false when it could not within `withinMs`
 */
export function whenReady(target: Pick<Switch, 'health' | 'onHealth'>, withinMs: number): Promise<boolean> {
  if (target.health().ready) return Promise.resolve(true)
  return new Promise((resolve) => {
    const done = (ready: boolean) => {
      clearTimeout(timer)
      stop()
      resolve(ready)
    }
    const timer = setTimeout(() => done(false), withinMs)
    const stop = target.onHealth((health) => {
      if (health.ready) done(true)
    })
  })
}
