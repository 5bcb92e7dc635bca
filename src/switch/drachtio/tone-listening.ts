import type { Channel } from './channel.js'

/**
 * Turns in-band DTMF detection on one channel of FreeSWITCH on and off. It costs a third of what a bridged call costs, so it is off
 * while two people talk: there no key is waited for, and a voice cannot press one. The wanted state may change at any moment; commands follow one
 * after the other.
 */
export class ToneListening {
  #wanted = false
  #inForce = false
  #waiting = false

  constructor(private readonly channel: Pick<Channel, 'begin' | 'codecSettled' | 'gone'>) {}

  set(wanted: boolean): void {
    this.#wanted = wanted
    if (!this.#waiting) void this.#work()
  }

  async #work(): Promise<void> {
    this.#waiting = true
    // A detector that begins before the codec is settled works at the sampling rate of the one before.
    await this.channel.codecSettled()
    this.#waiting = false
    if (this.#wanted === this.#inForce || this.channel.gone) return
    this.#inForce = this.#wanted
    // Where FreeSWITCH cannot do it, keys still come in two forms.
    this.channel.begin(this.#wanted ? 'start_dtmf' : 'stop_dtmf')
  }
}
