/** Why FreeSWITCH makes no channels, and what an operator can do about it. */
export interface ChannelTrouble {
  /** What FreeSWITCH answered, or did not. */
  readonly answer: string
  /** What to look at or to set there. Empty where nothing is known. */
  readonly advice: string
}

/** An error as drachtio-fsmrf's `createEndpoint` rejects with: a refusal of the INVITE has its status and the response. */
interface Refusal {
  readonly status?: number
  readonly reason?: string
  readonly res?: { get(header: string): string | undefined }
  readonly message?: string
}

/**
 * Reads a failed `createEndpoint`. FreeSWITCH refuses the INVITE of a channel without saying why; what each status and cause (Q.850, in
 * its Reason header) meant on FreeSWITCH 1.10 and 1.11 stands here.
 * @param eventSocket our address for FreeSWITCH's outbound event sockets
 */
export function channelTrouble(error: unknown, profile: string, eventSocket: string): ChannelTrouble {
  const { status, reason, res, message } = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Refusal
  if (status === undefined) {
    // drachtio-fsmrf's only error without a status that is not a lost connection: the INVITE was answered, the event socket stayed away.
    const noSocket = message === 'Connection timeout'
    return {
      answer: noSocket ? 'it took the call but opened no event socket to us' : (message ?? 'no answer'),
      advice: noSocket ? `the dialplan of profile ${profile} must run the application socket with "\${sip_h_X-esl-outbound} async full", and FreeSWITCH must reach ${eventSocket} (freeswitch.listenAddress)` : '',
    }
  }
  const cause = /text="([^"]+)"/.exec(res?.get('Reason') ?? '')?.[1]
  return { answer: `${status} ${reason ?? ''}${cause === undefined ? '' : ` (${cause})`}`.trim(), advice: adviceFor(status, profile) }
}

function adviceFor(status: number, profile: string): string {
  switch (status) {
    case 488:
    case 606:
      return `set enable-3pcc to true in SIP profile ${profile}, and inbound-codec-prefs to PCMA,PCMU: the engine asks for channels without a description of its own`
    case 401:
    case 407:
      return `set auth-calls to false in SIP profile ${profile}, or put drachtio-server into its apply-inbound-acl`
    case 403:
      return `put the address of drachtio-server into the apply-inbound-acl of SIP profile ${profile}`
    case 404:
    case 480:
    case 484:
      return `the context of SIP profile ${profile} needs an extension that takes any number, answers and runs the application socket`
    case 486:
    case 503:
      return 'FreeSWITCH has reached max-sessions or sessions-per-second (switch.conf.xml), or is paused (fsctl resume)'
    default:
      return ''
  }
}

/** `488 Not Acceptable Here (INCOMPATIBLE_DESTINATION); set enable-3pcc ...`. */
export function inWords({ answer, advice }: ChannelTrouble): string {
  return advice === '' ? answer : `${answer}; ${advice}`
}
