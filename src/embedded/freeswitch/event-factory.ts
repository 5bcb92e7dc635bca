import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { HeaderBlock } from '../eventsocket/header-block.js'
import { SwitchEvent } from '../eventsocket/switch-event.js'

/** The version that the FreeSWITCH role gives. The first three numbers are those of the server whose behaviour it follows. */
export const FREESWITCH_VERSION = '1.11.1-ringround~64bit'

/** Builds events: the headers that every event begins with, then what it is about. */
export class EventFactory {
  /** One per life of the switch; clients notice a restart by it. */
  readonly coreUuid = randomUUID()
  readonly startedAt = Date.now()
  readonly #identity: HeaderBlock
  #sequence = 0

  /** @param address IPv4 address of the media */
  constructor(address: string) {
    const host = hostname()
    this.#identity = new HeaderBlock([
      ['Core-UUID', this.coreUuid],
      ['FreeSWITCH-Hostname', host],
      ['FreeSWITCH-Switchname', host],
      ['FreeSWITCH-IPv4', address],
      ['FreeSWITCH-IPv6', '::1'],
    ])
  }

  /** @param blocks everything after `Event-Sequence` */
  build(event: { name: string; subclass?: string; uuid?: string; blocks: readonly HeaderBlock[]; body?: string }): SwitchEvent {
    const names: [string, string][] =
      event.subclass === undefined
        ? [['Event-Name', event.name]]
        : [
            ['Event-Subclass', event.subclass],
            ['Event-Name', event.name],
          ]
    return new SwitchEvent({ ...event, blocks: [new HeaderBlock(names), this.#identity, this.#stamp(event.name), ...event.blocks] })
  }

  /** Microseconds since the epoch, as the real server counts time. */
  static microseconds(at: number = Date.now()): string {
    return `${Math.round(at * 1000)}`
  }

  #stamp(name: string): HeaderBlock {
    const now = new Date()
    return new HeaderBlock([
      ['Event-Date-Local', localDate(now)],
      ['Event-Date-GMT', now.toUTCString()],
      ['Event-Date-Timestamp', EventFactory.microseconds(now.getTime())],
      ['Event-Calling-File', 'embedded'],
      ['Event-Calling-Function', name.toLowerCase()],
      ['Event-Calling-Line-Number', '0'],
      ['Event-Sequence', `${++this.#sequence}`],
    ])
  }
}

function localDate(date: Date): string {
  const two = (value: number): string => `${value}`.padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
