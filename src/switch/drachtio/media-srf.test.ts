import type Srf from 'drachtio-srf'
import { afterEach, beforeEach, expect, it } from 'vitest'
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
  const dialog = {
    id: 'a',
    destroy(_options: object, callback?: (error: unknown) => void) {
      if (callback) return callback(gone)
      return Promise.reject(gone)
    },
  }
  const srf = { createUAC: () => Promise.resolve(dialog), marker: 'srf' }
  return { srf: srf as unknown as Srf, gone }
}

type Created = { destroy(options?: object, callback?: (error: unknown) => void): unknown }
const create = (srf: Srf) => (srf as unknown as { createUAC(uri: string, options: object): Promise<Created> }).createUAC('sip:drachtio@127.0.0.1', {})

it('a dialog that drachtio-fsmrf ends and forgets leaves no rejection behind', async () => {
  const { srf } = srfOfGoneDialogs()
  const dialog = await create(mediaSrf(srf))
  void dialog.destroy()
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(leftOver).toEqual([])
})

it('whoever passes a callback hears why the dialog could not be ended', async () => {
  const { srf, gone } = srfOfGoneDialogs()
  const dialog = await create(mediaSrf(srf))
  const heard = await new Promise((resolve) => dialog.destroy({}, resolve))
  expect(heard).toBe(gone)
})

it('everything else is the Srf itself', () => {
  const { srf } = srfOfGoneDialogs()
  expect(mediaSrf(srf)).toMatchObject({ marker: 'srf' })
})
