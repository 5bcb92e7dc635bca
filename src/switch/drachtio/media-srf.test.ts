import { EventEmitter } from 'node:events'
import type Srf from 'drachtio-srf'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mediaSrf } from './media-srf.js'

const leftOver: unknown[] = []
const note = (reason: unknown) => leftOver.push(reason)

beforeEach(() => {
  leftOver.length = 0
  process.on('unhandledRejection', note)
})
afterEach(() => process.off('unhandledRejection', note))

/** An Srf whose dialogs are gone when they are ended, as drachtio-server tells it. */
function srfOfGoneDialogs() {
  const gone = Object.assign(new Error('Server error: unable to find dialog for dialog id provided'), { code: 'ENODIALOG' })
  const dialog = Object.assign(new EventEmitter(), {
    id: 'a',
    destroy(_options: object, callback?: (error: unknown) => void) {
      if (callback) return callback(gone)
      return Promise.reject(gone)
    },
  })
  const srf = {
    createUAC: (_uri: string, _options: object, _progress: object, done: (error: unknown, made?: unknown) => void) => done(null, dialog),
    marker: 'srf',
  }
  return { srf: srf as unknown as Srf, dialog, gone }
}

type Created = { destroy(options?: object, callback?: (error: unknown) => void): unknown }
const create = (srf: Srf) =>
  (srf as unknown as { createUAC(uri: string, options: object): Promise<Created> }).createUAC('sip:drachtio@127.0.0.1', {})

it('a dialog that drachtio-fsmrf ends and forgets leaves no rejection behind', async () => {
  const { srf } = srfOfGoneDialogs()
  const dialog = await create(mediaSrf(srf))
  void dialog.destroy()
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(leftOver).toEqual([])
})

it('a callback is told why the dialog could not be ended', async () => {
  const { srf, gone } = srfOfGoneDialogs()
  const dialog = await create(mediaSrf(srf))
  const heard = await new Promise((resolve) => dialog.destroy({}, resolve))
  expect(heard).toBe(gone)
})

it('everything else is the Srf itself', () => {
  const { srf } = srfOfGoneDialogs()
  expect(mediaSrf(srf)).toMatchObject({ marker: 'srf' })
})

it('a channel that FreeSWITCH ends before it is taken is reported with its cause, and only to the requester', async () => {
  const { srf, dialog } = srfOfGoneDialogs()
  const told: unknown[] = []
  let onEnded: ((cause: string | undefined) => void) | undefined = (cause) => told.push(cause)
  const made = create(mediaSrf(srf, () => onEnded))
  onEnded = undefined
  // The BYE stands in the same segment as the 200: it is read before any promise settles.
  dialog.emit('destroy', { get: (header: string) => (header === 'Reason' ? 'Q.850;cause=3;text="NO_ROUTE_DESTINATION"' : undefined) })
  await made
  expect(told).toEqual(['Q.850;cause=3;text="NO_ROUTE_DESTINATION"'])
})

it('an INVITE that is refused rejects as before', async () => {
  const refused = Object.assign(new Error('Sip non-success response: 480'), { status: 480 })
  const srf = {
    createUAC: (_uri: string, _options: object, _progress: object, done: (error: unknown) => void) => done(refused),
  } as unknown as Srf
  await expect(create(mediaSrf(srf))).rejects.toBe(refused)
})

describe('a channel that comes after a handshake', () => {
  const named = (srf: Srf) =>
    (srf as unknown as { createUAC(uri: string, options: object): Promise<Created> }).createUAC('sip:drachtio@127.0.0.1', {
      headers: { 'User-Agent': 'drachtio-fsmrf:a-name' },
    })
  function waitedFor() {
    const { srf, dialog } = srfOfGoneDialogs()
    const arrival = { resolve: (): void => undefined, reject: (_error: Error): void => undefined }
    const arrived = new Promise<void>((resolve, reject) => Object.assign(arrival, { resolve, reject }))
    const names: string[] = []
    const told: string[] = []
    const party = {
      sdp: 'v=0',
      answered: () => told.push('answered'),
      arrival: (name: string) => {
        names.push(name)
        return arrived
      },
    }
    const made = named(
      mediaSrf(
        srf,
        () => undefined,
        () => party,
      ),
    ).then(
      () => told.push('made'),
      (error: unknown) => told.push((error as Error).message),
    )
    return { dialog, arrival, names, told, made }
  }

  it('is reported as answered at once, and is there when its event socket is', async () => {
    const { arrival, names, told, made } = waitedFor()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(told).toEqual(['answered'])
    expect(names).toEqual(['a-name'])
    arrival.resolve()
    await made
    expect(told).toEqual(['answered', 'made'])
  })

  it('is released when the wait for its event socket is over', async () => {
    const { arrival, told, made } = waitedFor()
    arrival.reject(new Error('too slow'))
    await made
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(told).toEqual(['answered', 'too slow'])
    expect(leftOver).toEqual([])
  })

  it('is not waited for when FreeSWITCH has ended it', async () => {
    const { dialog, told, made } = waitedFor()
    dialog.emit('destroy')
    await made
    expect(told).toEqual(['answered', 'FreeSWITCH has ended the channel before it was there'])
  })
})
