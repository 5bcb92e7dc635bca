import type { RecordDocument } from './record-pdf.js'
import type { Waveform } from './waveform.js'

/** To the thread. A sound comes in pieces; the answer comes at its end. */
export type DeskRequest =
  | { readonly id: number; readonly kind: 'sound'; readonly bytes: Uint8Array }
  | { readonly id: number; readonly kind: 'soundEnds' }
  /** The request is given up. */
  | { readonly id: number; readonly kind: 'soundLost' }
  | { readonly id: number; readonly kind: 'pdf'; readonly document: RecordDocument }

export type DeskReply =
  | { readonly id: number; readonly kind: 'waveform'; readonly waveform: Waveform }
  | { readonly id: number; readonly kind: 'pdf'; readonly bytes: Uint8Array }
  | { readonly id: number; readonly kind: 'failed'; readonly why: string }
