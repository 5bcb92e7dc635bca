/** Why FreeSWITCH makes no channels, and what an operator can do about it. */
export interface ChannelTrouble {
  /** FreeSWITCH's answer, or that there was none. */
  readonly answer: string
  /** What to check or to set there. Empty where nothing is known. */
  readonly advice: string
}

/** FreeSWITCH answered the INVITE of a channel with 200, and hung up before its event socket came. */
export class EndedAtOnce extends Error {
  override readonly name = 'EndedAtOnce'

  /** @param byeReason the Reason header of its BYE, undefined when it had none */
  constructor(readonly byeReason: string | undefined) {
    super('FreeSWITCH ended the channel as soon as it was made')
  }
}

/** An error as drachtio-fsmrf's `createEndpoint` rejects with: a refusal of the INVITE has its status and the response. */
interface Refusal {
  readonly status?: number
  readonly reason?: string
  readonly res?: { get(header: string): string | undefined }
  readonly message?: string
}

/** The FreeSWITCH asked for channels, and the address for its event sockets: both are named in the advice. */
interface Asked {
  readonly profile: string
  /** `freeswitch.listenAddress`. */
  readonly eventSocket: string
}

/**
 * Reads a failed `createEndpoint`. FreeSWITCH refuses a channel without saying which setting is behind it; what each status and cause (Q.850,
 * in the Reason header) means is listed here, as provoked on FreeSWITCH 1.10.12, setting by setting. A fault in the dialplan shows as a 200 and
 * a BYE: an INVITE without SDP is answered before the dialplan runs.
 */
export function channelTrouble(error: unknown, profile: string, eventSocket: string): ChannelTrouble {
  const asked = { profile, eventSocket }
  if (error instanceof EndedAtOnce) {
    const { code, text } = q850(error.byeReason)
    return {
      answer: `it ended the channel as soon as it was made${text === undefined ? '' : ` (${text})`}`,
      advice: adviceForCause(code, asked) ?? adviceForDialplan(asked),
    }
  }
  const { status, reason, res, message } = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Refusal
  if (status === undefined) {
    // drachtio-fsmrf's only error without a status that is not a lost connection: the INVITE was answered, the event socket stayed away.
    const noSocket = message === 'Connection timeout'
    return {
      answer: noSocket ? 'it took the call but opened no event socket to us' : (message ?? 'no answer'),
      advice: noSocket ? adviceForSocket(asked) : '',
    }
  }
  const { code, text } = q850(res?.get('Reason'))
  return {
    answer: `${status} ${reason ?? ''}${text === undefined ? '' : ` (${text})`}`.trim(),
    advice: adviceForCause(code, asked) ?? adviceForStatus(status, reason, asked),
  }
}

/** `Q.850;cause=96;text="MANDATORY_IE_MISSING"` (RFC 3326). */
function q850(reason: string | undefined): { readonly code: number | undefined; readonly text: string | undefined } {
  const code = /\bcause=(\d+)/.exec(reason ?? '')?.[1]
  return { code: code === undefined ? undefined : Number(code), text: /\btext="([^"]+)"/.exec(reason ?? '')?.[1] }
}

/** @returns undefined for a cause that says nothing about the settings */
function adviceForCause(cause: number | undefined, asked: Asked): string | undefined {
  switch (cause) {
    // NO_ROUTE_DESTINATION
    case 3:
      return `the context of SIP profile ${asked.profile} needs an extension that takes the engine's calls (user agent drachtio-fsmrf:...), and mod_dialplan_xml has to be loaded`
    // NORMAL_CLEARING: the extension ran to its end. So it does, too, when the application socket cannot connect.
    case 16:
      return adviceForSocket(asked)
    // DESTINATION_OUT_OF_ORDER: an application that is not there.
    case 27:
      return 'load mod_dptools and mod_event_socket (modules.conf.xml): an application of its dialplan is missing'
    // NORMAL_TEMPORARY_FAILURE
    case 41:
      return adviceForPorts(asked)
    // INCOMPATIBLE_DESTINATION
    case 88:
      return `set inbound-codec-prefs to PCMA,PCMU in SIP profile ${asked.profile}, and its rtp-ip to an address of FreeSWITCH's machine`
    // MANDATORY_IE_MISSING
    case 96:
      return `set enable-3pcc to true in SIP profile ${asked.profile}: the engine asks for channels before there is a party to describe`
    default:
      return undefined
  }
}

function adviceForStatus(status: number, reason: string | undefined, asked: Asked): string {
  // What drachtio-server says of an INVITE that it cannot send; FreeSWITCH says what is at its end.
  if (status === 503 && reason === 'Service Unavailable') return adviceForSip(asked)
  switch (status) {
    case 488:
    case 606:
      return `set enable-3pcc to true in SIP profile ${asked.profile}, and inbound-codec-prefs to PCMA,PCMU: the engine asks for channels without a description of its own`
    case 401:
    case 407:
      return `set auth-calls to false in SIP profile ${asked.profile}, or put drachtio-server into its apply-inbound-acl`
    case 403:
      return `put the address of drachtio-server into the apply-inbound-acl of SIP profile ${asked.profile}`
    case 408:
      return adviceForSip(asked)
    case 404:
    case 480:
    case 484:
      return adviceForDialplan(asked)
    case 486:
    case 503:
      return 'FreeSWITCH has reached max-sessions or sessions-per-second (switch.conf.xml), or is paused (fsctl resume)'
    case 500:
      return adviceForPorts(asked)
    default:
      return ''
  }
}

function adviceForSip({ profile }: Asked): string {
  return `the SIP port of profile ${profile} does not answer drachtio-server: look at sip-ip, ext-sip-ip and sip-port, and at what filters packets between the two`
}

function adviceForDialplan({ profile }: Asked): string {
  return `the context of SIP profile ${profile} needs an extension that takes any number, answers and runs the application socket`
}

function adviceForSocket({ profile, eventSocket }: Asked): string {
  return `the dialplan of profile ${profile} must run the application socket with "\${sip_h_X-esl-outbound} async full", and FreeSWITCH must reach ${eventSocket} (freeswitch.listenAddress)`
}

function adviceForPorts({ profile }: Asked): string {
  return `FreeSWITCH has no port for voice packets left: widen rtp-start-port to rtp-end-port (switch.conf.xml), and look at rtp-ip of SIP profile ${profile}`
}

/** `488 Not Acceptable Here (INCOMPATIBLE_DESTINATION); set enable-3pcc ...`. */
export function inWords({ answer, advice }: ChannelTrouble): string {
  return advice === '' ? answer : `${answer}; ${advice}`
}
