import {
  ALAW_SILENCE,
  ALAW_TO_LINEAR,
  ALAW_TO_MULAW,
  LINEAR_TO_ALAW,
  LINEAR_TO_MULAW,
  MULAW_SILENCE,
  MULAW_TO_ALAW,
  MULAW_TO_LINEAR,
} from '../protocols/rtp/g711.js'
import type { AudioCodec } from './media-channel.js'

/** The tables of one law. */
export interface Law {
  readonly codec: AudioCodec
  /** RFC 3551 table 4. */
  readonly staticPayloadType: number
  readonly toLinear: Int16Array
  readonly fromLinear: Uint8Array
  readonly toOther: Uint8Array
  readonly silence: number
}

export const LAWS: Readonly<Record<AudioCodec, Law>> = {
  PCMU: {
    codec: 'PCMU',
    staticPayloadType: 0,
    toLinear: MULAW_TO_LINEAR,
    fromLinear: LINEAR_TO_MULAW,
    toOther: MULAW_TO_ALAW,
    silence: MULAW_SILENCE,
  },
  PCMA: {
    codec: 'PCMA',
    staticPayloadType: 8,
    toLinear: ALAW_TO_LINEAR,
    fromLinear: LINEAR_TO_ALAW,
    toOther: ALAW_TO_MULAW,
    silence: ALAW_SILENCE,
  },
}
