import type { Channel } from './channel.js'

/**
 * Whether FreeSWITCH listens for keys as tones in the voice on one channel. It costs a third of what a bridged call costs, so it does not
 * while two people talk: there nobody is waited for, and a voice cannot press a key. What is wanted may change at any moment; commands follow one
 * after the other.
 */
export class ToneListening {
  #wanted = false
  #inForce = false
  #working = false

  constructor(private readonly channel: Pick<Channel, 'run' | 'codecSettled' | 'gone'>) {}

  set(wanted: boolean): void {
    this.#wanted = wanted
    if (!this.#working) void this.#work()
  }

  async #work(): Promise<void> {
    this.#working = true
    // A detector that begins before the codec is settled works at the sampling rate of the one before.
    await this.channel.codecSettled()
    while (this.#wanted !== this.#inForce && !this.channel.gone) {
      const wanted = this.#wanted
      try {
        await this.channel.run(wanted ? 'start_dtmf' : 'stop_dtmf', '')
      } catch {
        // Without it keys still come in two forms.
        break
      }
      this.#inForce = wanted
    }
    this.#working = false
  }
}
