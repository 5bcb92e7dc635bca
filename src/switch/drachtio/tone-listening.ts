import type { Channel } from './channel.js'

/**
 * Whether FreeSWITCH listens for keys as tones in the voice on one channel. It costs a third of what a bridged call costs, so it does not
 * while two people talk: there no key is waited for, and a voice cannot press one. What is wanted may change at any moment; commands follow one
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
