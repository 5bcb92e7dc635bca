import type { RecordingSink } from '../recordings/recording-sink.js'

/** A spool that keeps only names. `refuse` says why there is none. */
export class VirtualRecordings implements RecordingSink {
  readonly allocated: string[] = []
  readonly finished: string[] = []
  refuse: () => string | undefined = () => undefined

  allocate(callId: string): ReturnType<RecordingSink['allocate']> {
    const why = this.refuse()
    if (why !== undefined) return Promise.resolve({ kind: 'refused', why })
    const recordingId = `${callId}-r${this.allocated.length + 1}`
    this.allocated.push(recordingId)
    return Promise.resolve({ kind: 'spool', recordingId, path: `/spool/${recordingId}.wav` })
  }

  left(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  resume({ recordingId }: { readonly recordingId: string }): Promise<boolean> {
    if (!this.allocated.includes(recordingId)) this.allocated.push(recordingId)
    return Promise.resolve(true)
  }

  finish(recordingId: string): void {
    this.finished.push(recordingId)
  }
}
