import type { Access } from './application-port.js'
import type { EventSocket, EventSocketAnswer } from './event-socket.js'
import { fine, look, wrong, type Finding } from './finding.js'
import { channelsFor, roomFor } from './rtp-range.js'

/** A clock difference this large would put recordings and records out of order. */
const driftMs = 1_000

const modules = ['mod_sofia', 'mod_event_socket', 'mod_commands', 'mod_dptools', 'mod_dialplan_xml', 'mod_sndfile', 'mod_tone_stream']

/** Why a log-in fails there; fine if it works. */
export function eventSocketAccess({ host, port }: Access, found: EventSocketAnswer): Finding {
  const name = `FreeSWITCH ${host}:${port}`
  switch (found.kind) {
    case 'open':
      return fine(`${name}: lets us in`)
    case 'unreachable':
      return wrong(
        `${name}: cannot be reached (${found.why})`,
        'start it; look at listen-ip and listen-port in event_socket.conf.xml, at freeswitch.addresses, and at what filters packets between the two',
      )
    case 'accessList':
      return wrong(`${name}: refuses our address`, 'put this machine into the list of apply-inbound-acl in event_socket.conf.xml')
    case 'password':
      return wrong(`${name}: does not take the password`, 'freeswitch.secret has to be the password of event_socket.conf.xml')
  }
}

/** Version, modules, global variables and limits of a FreeSWITCH, from its event socket. */
export async function mediaServer(
  { host, port }: Access,
  socket: EventSocket,
  settings: { readonly concurrentCalls: number },
  now = Date.now,
): Promise<readonly Finding[]> {
  const name = `FreeSWITCH ${host}:${port}`
  return [
    await version(name, socket),
    ...(await loaded(name, socket)),
    await plainRtp(name, socket),
    await latching(name, socket),
    ...(await limits(name, socket, settings.concurrentCalls)),
    ...(await voicePorts(name, socket, settings.concurrentCalls)),
    await clock(name, socket, now),
  ]
}

async function version(name: string, socket: EventSocket): Promise<Finding> {
  const told = (await socket.api('version')).split('\n')[0] ?? ''
  const numbers = /(\d+)\.(\d+)/.exec(told)
  const [major, minor] = [Number(numbers?.[1]), Number(numbers?.[2])]
  if (major > 1 || (major === 1 && minor >= 10)) return fine(`${name}: ${told}`)
  return look(`${name}: ${told}`, 'take 1.10.12 or newer: this one has not been tried')
}

async function loaded(name: string, socket: EventSocket): Promise<readonly Finding[]> {
  const missing: string[] = []
  for (const module of modules) {
    const answer = await socket.api(`module_exists ${module}`)
    if (answer === 'false') missing.push(module)
  }
  if (missing.length === 0) return [fine(`${name}: its modules are loaded`)]
  return missing.map((module) => wrong(`${name}: ${module} is not loaded`, 'load it in modules.conf.xml, and start FreeSWITCH again'))
}

/** The variable has no effect on a channel requested without SDP, unless it is global. A trial channel shows whether SRTP is offered. */
async function plainRtp(name: string, socket: EventSocket): Promise<Finding> {
  const value = await globalVariable(socket, 'rtp_secure_media_inbound')
  if (value === 'forbidden') return fine(`${name}: rtp_secure_media_inbound is forbidden`)
  return look(
    `${name}: rtp_secure_media_inbound is ${value ?? 'not set'}: from 1.10.12 on, telephones hear noise`,
    'set the global variable in vars.xml: rtp_secure_media_inbound=forbidden',
  )
}

async function latching(name: string, socket: EventSocket): Promise<Finding> {
  const value = await globalVariable(socket, 'disable_rtp_auto_adjust')
  if (value === 'true') return fine(`${name}: disable_rtp_auto_adjust is true`)
  return look(
    `${name}: disable_rtp_auto_adjust is ${value ?? 'not set'}: a stranger can take over a call as it begins`,
    'set the global variable in vars.xml: disable_rtp_auto_adjust=true',
  )
}

/** Its RTP port range, if the configuration tells it (that of docker/freeswitch does); FreeSWITCH itself cannot. */
async function voicePorts(name: string, socket: EventSocket, concurrentCalls: number): Promise<readonly Finding[]> {
  const [from, to] = [Number(await globalVariable(socket, 'rtp_from')), Number(await globalVariable(socket, 'rtp_to'))]
  return from > 0 && to > 0 ? [roomFor(`${name}: voice ports ${from} to ${to}`, from, to, concurrentCalls)] : []
}

/** @returns undefined if it is not set: the answer is empty, or -ERR */
async function globalVariable(socket: EventSocket, variable: string): Promise<string | undefined> {
  const value = await socket.api(`global_getvar ${variable}`)
  return value === '' || value.startsWith('-ERR') ? undefined : value
}

/** `api status`: `1000 session(s) max`, `0 session(s) per Sec out of max 100, ...`. */
async function limits(name: string, socket: EventSocket, concurrentCalls: number): Promise<readonly Finding[]> {
  const status = await socket.api('status')
  const most = Number(/(\d+) session\(s\) max/.exec(status)?.[1])
  const perSecond = Number(/out of max (\d+)/.exec(status)?.[1])
  if (!Number.isFinite(most)) return [look(`${name}: does not say how many sessions it takes`, 'look at max-sessions in switch.conf.xml')]
  const wanted = channelsFor(concurrentCalls)
  return [
    most >= wanted
      ? fine(`${name}: takes ${most} sessions; ${concurrentCalls} calls need ${wanted}`)
      : wrong(
          `${name}: takes ${most} sessions; ${concurrentCalls} calls (calls.concurrent) need ${wanted}`,
          `set max-sessions to ${wanted} or more in switch.conf.xml, or lower calls.concurrent`,
        ),
    ...(perSecond < 20
      ? [
          look(
            `${name}: takes ${perSecond} sessions a second`,
            'set sessions-per-second to 30 or more in switch.conf.xml: the engine makes several channels at once',
          ),
        ]
      : []),
  ]
}

async function clock(name: string, socket: EventSocket, now: () => number): Promise<Finding> {
  const before = now()
  const theirs = Number(await socket.api('strmicroepoch')) / 1_000
  const ours = (before + now()) / 2
  if (!Number.isFinite(theirs) || theirs === 0) return look(`${name}: does not tell its time`, 'compare the clocks by hand')
  const apart = Math.round(theirs - ours)
  if (Math.abs(apart) < driftMs) return fine(`${name}: its clock agrees with ours (${apart} ms)`)
  return look(`${name}: its clock is ${Math.abs(apart)} ms ${apart > 0 ? 'ahead of' : 'behind'} ours`, 'have both machines set by NTP')
}
