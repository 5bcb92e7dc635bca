import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type Srf from 'drachtio-srf'
import { PartyDialog, type PartyEvents } from './party-dialog.js'

function partyOnFakes(describeParty: (sdp: string) => Promise<string | undefined> = () => Promise.resolve('v=0 answer')) {
  const events = {
    gone: vi.fn<PartyEvents['gone']>(),
    key: vi.fn<PartyEvents['key']>(),
    describe: vi.fn(describeParty),
    answered: vi.fn<PartyEvents['answered']>(() => Promise.resolve()),
    described: () => 'v=0 ours',
  }
  const destroy = vi.fn((_: unknown, done: (error: unknown) => void) => done(null))
  const dialog = Object.assign(new EventEmitter(), {
    local: { uri: '', sdp: '', contact: '<sip:us>' },
    handle: vi.fn(),
    destroy,
    req: {},
  }) as unknown as Srf.Dialog & EventEmitter
  const party = new PartyDialog(dialog, events)
  const receive = (method: string, body?: string, headers: Record<string, string> = {}) => {
    const send = vi.fn<(status: number, options?: Srf.ResponseOptions) => void>()
    dialog.handle(
      { method, body, get: (name: string) => headers[name], source_address: '192.0.2.1' } as unknown as Srf.Request,
      { send } as unknown as Srf.Response,
    )
    return send
  }
  return { party, events, dialog, destroy, receive }
}

const ack = (body: string) => ({ body, get: () => 'application/sdp', source_address: '192.0.2.1' })
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('requests within a call', () => {
  it('a re-INVITE without an offer gets ours, and the answer is taken from the ACK', async () => {
    const { events, dialog, receive } = partyOnFakes()
    expect(receive('INVITE')).toHaveBeenCalledWith(200, expect.objectContaining({ body: 'v=0 ours' }))
    dialog.emit('ack', ack('v=0 theirs'))
    dialog.emit('ack', ack('v=0 again'))
    await settled()
    expect(events.answered).toHaveBeenCalledExactlyOnceWith('v=0 theirs', '192.0.2.1')
  })

  it('a re-INVITE while another is being answered is told to come back', async () => {
    let answer: (sdp: string) => void = () => undefined
    const { receive } = partyOnFakes(() => new Promise((resolve) => (answer = resolve)))
    const first = receive('INVITE', 'v=0 one')
    const second = receive('INVITE', 'v=0 two')
    expect(second).toHaveBeenCalledWith(500, { headers: { 'Retry-After': '1' } })
    expect(first).not.toHaveBeenCalled()
    answer('v=0 answer')
    await settled()
    expect(first).toHaveBeenCalledWith(200, expect.objectContaining({ body: 'v=0 answer' }))
  })

  it('a description that the media server cannot take leaves the call as it was', async () => {
    const { receive } = partyOnFakes(() => Promise.reject(new Error('no answer')))
    const send = receive('INVITE', 'v=0 one')
    await settled()
    expect(send).toHaveBeenCalledWith(500, expect.anything())
    const nothingInCommon = partyOnFakes(() => Promise.resolve(undefined)).receive('UPDATE', 'v=0 g729')
    await settled()
    expect(nothingInCommon).toHaveBeenCalledWith(488)
  })

  it('a key by INFO is answered and told', () => {
    const { events, receive } = partyOnFakes()
    expect(receive('INFO', 'Signal=7\r\nDuration=100', { 'Content-Type': 'application/dtmf-relay' })).toHaveBeenCalledWith(200)
    expect(events.key).toHaveBeenCalledExactlyOnceWith('7')
    receive('INFO', '<media_control/>', { 'Content-Type': 'application/media_control+xml' })
    expect(events.key).toHaveBeenCalledOnce()
  })

  it('nobody is transferred away', () => {
    expect(partyOnFakes().receive('REFER')).toHaveBeenCalledWith(603)
  })
})

describe('the end of a call', () => {
  it('is told once: by the party, or by drachtio because the party says nothing any more', () => {
    const hungUp = partyOnFakes()
    hungUp.dialog.emit('destroy', { source: 'network', get: () => 'Q.850;cause=16' }, 'normal release')
    hungUp.dialog.emit('destroy', { source: 'network', get: () => undefined }, 'normal release')
    expect(hungUp.events.gone).toHaveBeenCalledExactlyOnceWith('Q.850;cause=16', false)
    const silent = partyOnFakes()
    silent.dialog.emit('destroy', { source: 'application', get: () => undefined }, 'ACK timeout')
    expect(silent.events.gone).toHaveBeenCalledExactlyOnceWith('ACK timeout', true)
  })

  it('by us is a BYE, but none to a party that has hung up', async () => {
    const { party, dialog, destroy } = partyOnFakes()
    dialog.emit('destroy', { source: 'network', get: () => undefined })
    await party.bye()
    expect(destroy).not.toHaveBeenCalled()
  })

  it('can be told over a new connection', async () => {
    const { party, dialog, destroy } = partyOnFakes()
    const socket = new Socket()
    await party.byeOver(socket)
    expect(dialog.req.socket).toBe(socket)
    expect(destroy).toHaveBeenCalledOnce()
  })
})

describe('a session timer', () => {
  it('is kept by a re-INVITE and by an UPDATE that ask for it again, with the refresher that they ask for', () => {
    const { receive } = partyOnFakes()
    expect(receive('UPDATE', undefined, { 'Session-Expires': '1800;refresher=uas', Supported: 'timer' })).toHaveBeenCalledWith(200, {
      headers: expect.objectContaining({ 'Session-Expires': '1800;refresher=uas' }) as unknown,
    })
    expect(receive('INVITE', undefined, { 'Session-Expires': '1800;refresher=uac', Supported: 'timer' })).toHaveBeenCalledWith(
      200,
      expect.objectContaining({
        headers: expect.objectContaining({ 'Session-Expires': '1800;refresher=uac', Require: 'timer' }) as unknown,
      }),
    )
  })

  it('that is too short is refused, and the call goes on as it was', () => {
    const { receive, events } = partyOnFakes()
    const asked = { 'Session-Expires': '60', Supported: 'timer', 'Content-Type': 'application/sdp' }
    expect(receive('INVITE', 'v=0 hold', asked)).toHaveBeenCalledExactlyOnceWith(422, { headers: { 'Min-SE': '90' } })
    expect(receive('UPDATE', undefined, asked)).toHaveBeenCalledExactlyOnceWith(422, { headers: { 'Min-SE': '90' } })
    expect(events.describe).not.toHaveBeenCalled()
  })
})
