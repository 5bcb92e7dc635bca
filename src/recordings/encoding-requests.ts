import type { EncodingJob, EncodingResult } from './encoding-job.js'

/** Which LAME an encoding is to use. */
export type EncoderChoice = { readonly kind: 'native'; readonly binary: string } | { readonly kind: 'wasm' }

/** What is said between the engine's thread and an encoding thread; one job at a time. */
export interface EncodingRequest {
  readonly job: EncodingJob
  readonly encoder: EncoderChoice
}
export type EncodingReply = EncodingResult
