import { accessSync, constants, unlinkSync } from 'node:fs'
import type { ChannelTrial } from '../switch/drachtio/try-servers.js'
import { readDescription } from '../embedded/protocols/sdp/read.js'
import { fine, look, wrong, type Finding } from './finding.js'

/** The length of a WAV header; a file this long has no audio. */
const headerOctets = 44
/** RTP header, and 20 ms of G.711. An authentication tag behind it makes it SRTP. */
const plainPacketOctets = 12 + 160

/** The state of the trial's files on this machine. */
export interface TrialFiles {
  readonly play: string
  /** Undefined: there is no spool folder yet. */
  readonly record: string | undefined
}

/** The one real test: makes a channel as the engine does, plays a prompt and records on it. */
export function channel(trial: ChannelTrial, files: TrialFiles, sharedGroup: string | undefined): readonly Finding[] {
  switch (trial.kind) {
    case 'notTried':
      return [look('no channel was tried', `first: ${trial.why}`)]
    case 'refused':
      return [wrong(`FreeSWITCH makes no channel: ${trial.answer}`, trial.advice === '' ? "look into FreeSWITCH's log" : trial.advice)]
    case 'made':
      return [
        fine('FreeSWITCH makes channels'),
        media(trial.offer),
        ...audible(trial.heard),
        prompts(trial.played, files.play),
        recording(trial.recordedOctets, files.record, sharedGroup),
      ]
  }
}

function media(offer: string): Finding {
  const audio = readDescription(offer)?.media ?? []
  const secure = audio.some(({ profile }) => profile.includes('SAVP'))
  if (secure)
    return wrong('FreeSWITCH offers SRTP: telephones hear noise', 'set the global variable rtp_secure_media_inbound=forbidden in vars.xml')
  const address = audio[0]?.address
  const at = address?.kind === 'unicast' ? address.address : 'no address'
  if (/^127\.|^::1$/.test(at))
    return look(
      `voice packets go to ${at}: telephones on this machine alone`,
      'set rtp-ip (and ext-rtp-ip) of the SIP profile to an address that telephones and trunks reach',
    )
  return fine(`plain RTP, at ${at}`)
}

/** Packets need not reach this machine, only the telephones; those that came are checked. */
function audible({ packets, octetsEach }: { readonly packets: number; readonly octetsEach: number }): readonly Finding[] {
  if (packets === 0) return []
  if (octetsEach === plainPacketOctets) return [fine(`${packets} voice packets came`)]
  return [
    wrong(
      `voice packets of ${octetsEach} octets came, not ${plainPacketOctets}: SRTP, or another codec`,
      'set rtp_secure_media_inbound=forbidden, and inbound-codec-prefs to PCMA,PCMU',
    ),
  ]
}

function prompts(played: boolean, file: string): Finding {
  if (played) return fine('FreeSWITCH reads the prompts')
  return wrong(
    `FreeSWITCH cannot play ${file}`,
    'prompts.folder has to be at the same path on its machine, and readable by its user; mod_sndfile has to be loaded',
  )
}

function recording(octets: number | undefined, file: string | undefined, sharedGroup: string | undefined): Finding {
  if (file === undefined)
    return look(
      'whether FreeSWITCH can write the spool was not tried: the engine makes it at its first start',
      'start the engine once, and run this again',
    )
  const folder = file.slice(0, file.lastIndexOf('/'))
  if (octets === undefined) {
    const group =
      sharedGroup === undefined ? ' (folders.sharedGroup where it runs as another user than the engine)' : ` (group ${sharedGroup})`
    return wrong(
      `FreeSWITCH records nothing into ${folder}`,
      `the folder has to be at the same path on its machine, and writable by its user${group}`,
    )
  }
  const readable = mayRead(file)
  try {
    unlinkSync(file)
  } catch {
    return wrong(`${file}: FreeSWITCH recorded it, and it cannot be deleted from here`, "the engine's user has to own the folder")
  }
  if (!readable)
    return wrong(
      `FreeSWITCH records into ${folder}, and we may not read it`,
      'give FreeSWITCH UMask=0007 in its systemd unit, so that the shared group reads its recordings (docs/production.md)',
    )
  return octets > headerOctets
    ? fine(`FreeSWITCH records into ${folder}`)
    : wrong(`FreeSWITCH made a recording without sound in ${folder}`, "look into FreeSWITCH's log, and at the free space on its disk")
}

function mayRead(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}
