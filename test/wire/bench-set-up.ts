import { afterEach } from 'vitest'
import { connectMrf, connectSrf, type MediaServer, type Srf } from './drachtio-packages.js'
import { RawPhone } from './raw-phone.js'
import { startSwitch, type SwitchUnderTest } from './switch-under-test.js'

const opened: (() => unknown)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** Has something closed when the test is over. */
export function closeAfterwards(close: () => unknown): void {
  opened.push(close)
}

export interface Bench extends SwitchUnderTest {
  readonly srf: Srf
  readonly phone: () => Promise<RawPhone>
  /** Settles when the switch has taken in all that the application has told it so far (the methods that it wants). */
  readonly routed: () => Promise<void>
}

/** A switch with one application connected. */
export async function bench(more: Parameters<typeof startSwitch>[0] = {}): Promise<Bench> {
  const started = await startSwitch(more)
  closeAfterwards(() => started.embedded.stop())
  const srf = await connectSrf(started.where)
  closeAfterwards(() => srf.disconnect())
  return {
    ...started,
    srf,
    routed: async () => {
      // One message after the other: the refusal of this one comes when the routes before it are in force.
      await srf.createUAC(`sip:nobody@${started.sip}`, { localSdp: 'v=0\r\n' }).catch(() => undefined)
    },
    phone: async () => {
      const phone = await RawPhone.open(started.sip)
      closeAfterwards(() => phone.close())
      return phone
    },
  }
}

/** The same with the media server connected too. */
export async function mediaBench(more: Parameters<typeof startSwitch>[0] = {}): Promise<Bench & { readonly ms: MediaServer }> {
  const made = await bench(more)
  const ms = await connectMrf(made.srf, made.where)
  closeAfterwards(() => ms.disconnect())
  return { ...made, ms }
}

/** Waits until `condition` holds. Fails when it does not in time. */
export async function until(condition: () => boolean, what: string, withinMs = 30_000): Promise<void> {
  const end = Date.now() + withinMs
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Whether a promise is still open after `afterMs`. */
export async function stillOpen(promise: Promise<unknown>, afterMs: number): Promise<boolean> {
  let open = true
  promise.then(
    () => (open = false),
    () => (open = false),
  )
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  return open
}
