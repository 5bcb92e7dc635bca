import { bench, closeAfterwards, type Bench } from '../wire/bench-set-up.js'
import { RawPhone } from '../wire/raw-phone.js'

/** An address of this machine from which nobody is known. */
export const STRANGE_ADDRESS = '127.0.0.66'
/** From here calls are taken. */
export const KNOWN_ADDRESS = '127.0.0.1'

export interface StrangerBench extends Bench {
  /** A phone at an address that is nobody's. */
  readonly stranger: (address?: string) => Promise<RawPhone>
}

/** A switch that knows 127.0.0.1 alone, with one application. */
export async function strangerBench(more: Parameters<typeof bench>[0] = {}): Promise<StrangerBench> {
  const made = await bench({ ...more, drachtio: { callers: [KNOWN_ADDRESS], ...more.drachtio } })
  return {
    ...made,
    stranger: async (address = STRANGE_ADDRESS) => {
      const phone = await RawPhone.open(made.sip, address)
      closeAfterwards(() => phone.close())
      return phone
    },
  }
}

/** Counts what reaches a phone from now on. */
export function counted(phone: RawPhone): { readonly messages: string[] } {
  const messages: string[] = []
  phone.socket.on('message', (message) => messages.push(message.toString('utf8')))
  return { messages }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
