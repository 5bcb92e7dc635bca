import type { NameAddr } from '../protocols/sip/name-addr.js'
import { withoutKeys } from '../protocols/sdp/security.js'
import type { SipRequest } from '../protocols/sip/message.js'
import type { Endpoint } from '../protocols/sip/endpoint.js'
import { parseUri } from '../protocols/sip/uri.js'
import type { ChannelFacts } from './channel-data.js'
import { EventFactory } from './event-factory.js'

/** Where the application wants to be called back for this channel: `X-esl-outbound: ip:port`. */
export function outboundSocket(request: SipRequest): { readonly address: string; readonly port: number } | undefined {
  const match = /^\s*(\[[0-9a-fA-F:]+\]|[^\s:]+):(\d{1,5})\s*$/.exec(request.headers.get('X-esl-outbound') ?? '')
  const address = match?.[1]?.replace(/^\[|\]$/g, '')
  const port = Number(match?.[2])
  return address === undefined || port < 1 || port > 65535 ? undefined : { address, port }
}

interface Parts {
  readonly user: string
  readonly host: string
  readonly port: string
  readonly uri: string
}

function parts(text: string, nobody: string): Parts {
  const uri = parseUri(text)
  const user = uri === undefined || uri.user === '' ? nobody : uri.user
  const host = uri?.host ?? ''
  const port = uri?.port === undefined ? '' : `${uri.port}`
  return { user, host, port, uri: `${user}@${host}${port === '' ? '' : `:${port}`}` }
}

export function channelFacts(request: SipRequest, source: Endpoint, uuid: string, profile: string): ChannelFacts {
  const from = parts(request.from.uri, 'nobody')
  return {
    uuid,
    name: `sofia/${profile}/${from.uri}`,
    networkAddress: source.address,
    destination: parts(request.uri, '').user,
    callerNumber: from.user === 'nobody' ? undefined : from.user,
  }
}

/** The variables that mod_sofia takes from the INVITE, and those that the profile's dialplan sets before `socket`. */
export function setUpVariables(
  request: SipRequest,
  source: Endpoint,
  more: {
    readonly facts: ChannelFacts
    readonly profile: string
    readonly sipAddress: string
    readonly sessionId: number
    readonly localAddress: string
  },
): Record<string, string | undefined> {
  const from = parts(request.from.uri, 'nobody')
  const to = parts(request.to.uri, '')
  const target = parts(request.uri, '')
  const contact: NameAddr | undefined = request.contacts[0]
  const contactParts = contact ? parts(contact.uri, 'nobody') : undefined
  const custom: Record<string, string> = {}
  for (const { name, value } of request.headers) if (/^X-/i.test(name)) custom[`sip_h_${name}`] = value
  return {
    direction: 'inbound',
    uuid: more.facts.uuid,
    session_id: `${more.sessionId}`,
    sip_from_user: from.user,
    sip_from_port: from.port,
    sip_from_uri: from.uri,
    sip_from_host: from.host,
    video_media_flow: 'disabled',
    text_media_flow: 'disabled',
    channel_name: more.facts.name,
    sip_call_id: request.callId,
    sip_local_network_addr: more.localAddress,
    sip_network_ip: source.address,
    sip_network_port: `${source.port}`,
    sip_invite_stamp: EventFactory.microseconds(),
    sip_received_ip: source.address,
    sip_received_port: `${source.port}`,
    sip_via_protocol: source.protocol,
    sip_from_tag: request.fromTag,
    sip_cseq: `${request.cseq.sequence}`,
    sofia_profile_name: more.profile,
    sofia_profile_url: `sip:mod_sofia@${more.sipAddress}`,
    recovery_profile_name: more.profile,
    sip_full_via: request.headers.get('Via'),
    sip_full_from: request.headers.get('From'),
    sip_full_to: request.headers.get('To'),
    sip_req_user: target.user,
    sip_req_port: target.port,
    sip_req_uri: target.uri,
    sip_req_host: target.host,
    sip_to_user: to.user,
    sip_to_port: to.port,
    sip_to_uri: to.uri,
    sip_to_host: to.host,
    sip_contact_user: contactParts?.user,
    sip_contact_port: contactParts?.port,
    sip_contact_uri: contactParts?.uri,
    sip_contact_host: contactParts?.host,
    sip_user_agent: request.headers.get('User-Agent'),
    sip_via_host: request.via.host,
    sip_via_rport: `${source.port}`,
    max_forwards: request.headers.get('Max-Forwards'),
    ...custom,
    switch_r_sdp: request.sdp === undefined ? undefined : withoutKeys(request.sdp),
    call_uuid: more.facts.uuid,
    rtp_use_codec_string: 'PCMU,PCMA',
    remote_video_media_flow: 'inactive',
    remote_text_media_flow: 'inactive',
    advertised_media_ip: more.localAddress,
    rtp_use_timer_name: 'soft',
  }
}

/** Variables that the dialplan of the real profile sets on every channel. */
export const DIALPLAN_VARIABLES: Readonly<Record<string, string>> = {
  endpoint_disposition: 'ANSWER',
  send_silence_when_idle: '-1',
  hangup_after_bridge: 'false',
  park_after_bridge: 'true',
  playback_terminators: 'none',
}
