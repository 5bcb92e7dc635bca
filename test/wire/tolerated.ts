import type { Difference } from './comparison.js'

/** A way in which the embedded switch differs from what was recorded of the real servers, and why that is right. */
export interface Tolerance {
  readonly id: string
  readonly why: string
  /** On `Difference.what`. */
  readonly what: RegExp
  readonly recorded?: RegExp
  readonly live?: RegExp
  /** Which of two things happens first decides: it need not occur in a run. */
  readonly byChance?: true
}

/** Headers of events that the real server has in addition. None is read by drachtio-fsmrf. */
export const HEADERS_LEFT_OUT: readonly { readonly why: string; readonly names: RegExp }[] = [
  { why: 'names of a dialplan: there is none here', names: /^variable_(DP_MATCH|current_loop|total_loops)$/ },
  {
    why: "the caller profile's history: who transferred whom, under which number",
    names: /^(Caller|Other-Leg)-(Callee-ID-Name|Caller-ID-Number|Transfer-Source|RDNIS)$/,
  },
  {
    why: 'the same history as variables',
    names: /^variable_(original_|transfer_|last_sent_|pre_transfer_|channel_cid_flipped|last_bridge_|bridge_to$|bridge_hangup_cause)/,
  },
  {
    why: 'set by mod_sofia when the dialog is confirmed, which here may come after the socket has been dialled',
    names: /^variable_(sip_to_tag|sip_reinvite_sdp)$/,
  },
  {
    why: "timers of the real server's media, all 0",
    names: /^variable_(media_audio_mode|media_timeout_audio|media_hold_timeout_audio|rtp_timeout_sec|rtp_hold_timeout_sec)$/,
  },
  { why: 'opus, which is not spoken', names: /^variable_rtp_use_codec_fmtp$/ },
  {
    why: 'counters of a jitter buffer and of RTCP that are not kept by these names',
    names: /^variable_rtp_audio_(in_(jitter|dtmf|cng|flush|largest|mean|flaw|quality|mos)|out_(skip|dtmf|cng)|rtcp_)/,
  },
]

/** Headers of events that the real server does not have (yet) at this place. */
export const HEADERS_ADDED: readonly { readonly why: string; readonly names: RegExp }[] = [
  {
    why: 'where the party was found: the real server sets these only when that is elsewhere than described',
    names: /^variable_remote_audio_(ip|port)$/,
  },
  { why: 'says that presses are told apart here by their timestamps, which the real server does only half', names: /^DTMF-Timestamp$/ },
  { why: 'known from the INVITE on; mod_sofia sets it with the confirmed dialog', names: /^variable_sip_cseq$/ },
  {
    why: 'a play that was suspended before its first frame begins when the one on top has ended, whose response is then the last',
    names: /^variable_current_application_response$/,
  },
]

export const TOLERATED: readonly Tolerance[] = [
  { id: 'version', why: 'the switch says that it is another', what: /^first line$/, recorded: /v0\.9\.10-/, live: /v0\.9\.10-ringround/ },
  {
    id: 'protocol',
    why: 'drachtio-server leaves the protocol out of ACKs and of answers to other requests than INVITE; here it is always named',
    what: /^first line$/,
    recorded: /<number>\|\|127\.0\.0\.1/,
    live: /<number>\|udp\|127\.0\.0\.1/,
  },
  {
    id: 'made-up answer',
    why: 'the real server gives no size and address for an answer of its own making; here they are those of the party that did not answer',
    what: /^first line$/,
    recorded: /\|udp\|\|<number>\|/,
    live: /\|udp\|127\.0\.0\.1\|<number>\|/,
  },
  {
    id: 'order of SIP headers',
    why: 'the order of header fields of different names has no meaning (RFC 3261 section 7.3.1)',
    what: /^headers of INVITE/,
    recorded: /content-length x-/,
    live: /x-(esl-outbound|queue) content/,
  },
  {
    id: 'answers of the profile',
    why: 'Server instead of User-Agent, no Remote-Party-ID: nothing reads them',
    what: /^headers of SIP\/2\.0 200 OK$/,
    recorded: /user-agent accept/,
    live: /server/,
  },
  {
    id: 'BYE of the profile',
    why: 'Allow and Supported say nothing in a BYE',
    what: /^headers of BYE/,
    recorded: /user-agent allow supported reason/,
    live: /user-agent reason/,
  },
  {
    id: 'codecs',
    why: 'G.711 and telephone-event are all that is spoken: fewer lines, and the direction is always written out',
    what: /^SDP of SIP\/2\.0 200 OK$/,
    live: /a=ptime a=sendrecv$/,
  },
  {
    id: 'nested plays',
    byChance: true,
    why: 'PLAYBACK_START is told when the audio begins: a play that is suspended before its first frame begins afterwards',
    what: /^order on the event socket$/,
    recorded: /PLAYBACK_START/,
  },
  {
    id: 'nested plays, broken off',
    byChance: true,
    why: 'for the same reason the break comes after the end of the play on top, and meets only the one beneath',
    what: /^Playback-Status of PLAYBACK_STOP$/,
    recorded: /^break$/,
    live: /^done$/,
  },
  {
    id: 'stands in for a local stream',
    why: 'local streams are not spoken; a tone is played in their place',
    what: /^Playback-File-Type of PLAYBACK_ST/,
    recorded: /local_stream/,
    live: /tone_stream/,
  },
  {
    id: 'count of channels',
    why: "the real server's count lags behind (it comes from a database): 0 and 2 were recorded with 1 channel up",
    what: /^api reply$/,
    recorded: /^[02] total\.$/,
    live: /^1 total\.$/,
  },
  {
    id: 'sofia status',
    why: 'the recorded server had an alias and a second profile',
    what: /^api reply$/,
    recorded: /2 profiles 1 alias/,
    live: /1 profile 0 aliases/,
  },
]

/** @returns the id of the tolerance that covers the difference, or undefined */
export function tolerated(difference: Difference): string | undefined {
  const names = /^(missing|extra) headers of/.exec(difference.what)?.[1]
  if (names !== undefined) {
    const rules = names === 'missing' ? HEADERS_LEFT_OUT : HEADERS_ADDED
    const words = (names === 'missing' ? difference.recorded : difference.live).split(' ')
    return words.every((word) => rules.some((rule) => rule.names.test(word))) ? `${names} headers` : undefined
  }
  return TOLERATED.find(
    ({ what, recorded, live }) =>
      what.test(difference.what) && (recorded?.test(difference.recorded) ?? true) && (live?.test(difference.live) ?? true),
  )?.id
}
