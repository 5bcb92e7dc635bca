/**
 * Loaded into the engine and its switch (`node --import`): writes down every byte that the process sends over TCP and UDP, into the folder that
 * RINGROUND_TEST_TAP names. What is sent is all that a dialled number, a name or a header can reach: SIP, drachtio's protocol, the event socket.
 */
import { Socket as Datagrams } from 'node:dgram'
import { appendFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'

const file = join(process.env.RINGROUND_TEST_TAP, `${process.pid}.sent`)

function keep(data) {
  if (typeof data === 'string' || Buffer.isBuffer(data) || data instanceof Uint8Array)
    appendFileSync(file, Buffer.concat([Buffer.from(data), Buffer.from('\n--\n')]))
}

const { write } = Socket.prototype
Socket.prototype.write = function (data, ...rest) {
  keep(data)
  return write.call(this, data, ...rest)
}
const { send } = Datagrams.prototype
Datagrams.prototype.send = function (data, ...rest) {
  // Voice is not of interest, and much.
  const bytes = Array.isArray(data) ? Buffer.concat(data.map((part) => Buffer.from(part))) : data
  if (typeof bytes === 'string' || bytes[0] < 0x80) keep(bytes)
  return send.call(this, data, ...rest)
}
