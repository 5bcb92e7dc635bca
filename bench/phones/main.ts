/** The phones of the bench, in a process of their own, so that their cost does not count with the engine's. Controlled by IPC, see `commands.ts`. */
import { createSocket, type Socket } from 'node:dgram'
import { performance } from 'node:perf_hooks'
import type { Command, Reply } from './commands.js'
import type { WebSocket } from 'ws'
import { webSocket } from './browser-line.js'
import { Dialog, Lane } from './lane.js'
import { addressIn, header, parse, type Message } from './message.js'
import { Crowd } from './voice.js'

const crowd = new Crowd()
const lanes: Lane[] = []
let callers: Socket | undefined
let specialists: Socket | undefined
const browsers: WebSocket[] = []

/** Earlier requests, so that a retransmission gets the same answer and rings no phone twice. */
const rung = new Map<string, { readonly lane: Lane; readonly place: number; readonly invite: Message; readonly dialog: Dialog }>()

async function bind(take: (text: string, from: { readonly address: string; readonly port: number }) => void): Promise<Socket> {
  const socket = createSocket('udp4', (data, from) => take(data.toString('latin1'), from))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  socket.setRecvBufferSize(4_000_000)
  return socket
}

function takeForCaller(text: string, from: { readonly address: string; readonly port: number }, browser?: WebSocket): void {
  const message = parse(text)
  const lane = lanes[Number(header(message, 'Call-ID').split('-')[2])]
  if (!lane || !callers || header(message, 'Call-ID') !== lane.callId) return
  if (message.method === undefined) return lane.takeResponse(message)
  if (message.method === 'ACK') return
  new Dialog(callers, from, browser && ((answer) => browser.send(answer))).respond(message, 200, 'OK')
  if (message.method === 'BYE') lane.takeBye()
}

function takeForSpecialist(text: string, from: { readonly address: string; readonly port: number }): void {
  const message = parse(text)
  if (!specialists || message.method === undefined || message.method === 'ACK') return
  const callId = header(message, 'Call-ID')
  const known = rung.get(callId)
  switch (message.method) {
    case 'INVITE': {
      if (known) return
      // sip:p<lane>x<place>@...
      const who = /sip:p(\d+)x(\d+)@/.exec(addressIn(message.uri))
      const lane = lanes[Number(who?.[1])]
      const place = Number(who?.[2])
      if (!lane) return
      const dialog = new Dialog(specialists, from)
      rung.set(callId, { lane, place, invite: message, dialog })
      lane.takeInvite(place, message, dialog)
      return
    }
    case 'CANCEL':
      known?.dialog.respond(message, 200, 'OK')
      if (known) {
        known.lane.takeCancel(known.place)
        known.dialog.respond(known.invite, 487, 'Request Terminated')
        rung.delete(callId)
      }
      return
    default:
      ;(known?.dialog ?? new Dialog(specialists, from)).respond(message, 200, 'OK')
      if (known && message.method === 'BYE') {
        known.lane.takeSpecialistBye(known.place)
        rung.delete(callId)
      }
  }
}

async function carryOut(command: Command): Promise<Reply> {
  switch (command.kind) {
    case 'bind': {
      callers ??= await bind(takeForCaller)
      specialists ??= await bind(takeForSpecialist)
      return { kind: 'bound', specialistsPort: specialists.address().port }
    }
    case 'open': {
      if (!callers || !specialists) throw new Error('bind comes first')
      for (const lane of lanes.splice(0)) lane.close()
      rung.clear()
      for (const socket of browsers.splice(0)) socket.terminate()
      for (const [index, lane] of command.lanes.entries()) {
        const browser: WebSocket | undefined =
          command.browsers === undefined
            ? undefined
            : await webSocket(command.browsers, `b${index}`, (text) => takeForCaller(text, command.engine, browser))
        if (browser) browsers.push(browser)
        lanes.push(
          new Lane(index, lane.number, lane.habits, {
            browser: browser && command.browsers && { socket: browser, ...command.browsers },
            callerSocket: callers,
            specialistSocket: specialists,
            engine: command.engine,
            crowd,
          }),
        )
      }
      return { kind: 'done' }
    }
    case 'call': {
      const lane = lanes[command.lane]
      if (!lane) throw new Error(`there is no lane ${command.lane}`)
      return { kind: 'times', times: await lane.call(command.talkMs, command.abandon ?? false) }
    }
    case 'hold': {
      const results = await Promise.all(
        command.lanes.map(async (index, n) => {
          await new Promise((resolve) => setTimeout(resolve, (n * 1_000) / command.perSecond))
          return lanes[index]?.connect()
        }),
      )
      return { kind: 'holding', times: results.filter((times) => times !== undefined) }
    }
    case 'hangUp': {
      const at = Date.now()
      await Promise.all((command.lane === undefined ? lanes : lanes.slice(command.lane, command.lane + 1)).map((lane) => lane.hangUp()))
      return { kind: 'hungUp', at }
    }
    case 'listen':
      crowd.ear.begin()
      return { kind: 'done' }
    case 'heard':
      return { kind: 'heard', heard: crowd.ear.report() }
    case 'close':
      for (const lane of lanes.splice(0)) lane.close()
      for (const socket of browsers.splice(0)) socket.terminate()
      callers?.close()
      specialists?.close()
      process.disconnect()
      return { kind: 'done' }
  }
}

process.on('message', (message: { readonly id: number; readonly command: Command }) => {
  carryOut(message.command).then(
    (reply) => process.connected && process.send?.({ id: message.id, reply }),
    (error: unknown) => process.connected && process.send?.({ id: message.id, error: String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
process.title = `ringround bench phones since ${Math.round(performance.timeOrigin)}`
