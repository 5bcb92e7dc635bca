import type Srf from 'drachtio-srf'
import { asError } from '../../common/errors.js'
import { tellsKey } from './sdp.js'

/** A dialog as drachtio-fsmrf uses it: both forms of `destroy`. */
interface ForgottenDialog {
  readonly remote?: { readonly sdp?: string }
  on(event: 'destroy', listener: (bye?: { get(header: string): string | undefined }) => void): unknown
  destroy(options?: object, callback?: (error: unknown) => void): unknown
}

interface MakesDialogs {
  createUAC(uri: string, options: object, progress?: object, callback?: (error: unknown, dialog?: ForgottenDialog) => void): unknown
}

/** A party with which a channel is made. */
export interface DescribedParty {
  readonly sdp: string
  /** FreeSWITCH has answered. The channel itself may still be long in coming. */
  answered(sdp: string): void
  /** Resolves when the event socket of the channel is there, by the name that drachtio-fsmrf has given it; rejects when the wait is over. Absent: it comes at once. */
  arrival?(name: string): Promise<void>
  /** Aborted when the channel is no longer wanted. */
  readonly unwanted?: AbortSignal
}

/** @param cause Reason header of FreeSWITCH's BYE, undefined when it had none */
export type OnEnded = (cause: string | undefined) => void

/**
 * The Srf that drachtio-fsmrf works with. When FreeSWITCH answers an INVITE but its event socket does not come, drachtio-fsmrf ends that
 * dialog after 4 s and forgets the promise: where the dialog has gone by then (`ENODIALOG`), no code handles the rejection, and in Node that
 * ends the process with every call. Here the promise form of `destroy` settles quietly; pass a callback to hear of it.
 *
 * Nor does it report that FreeSWITCH has hung up meanwhile, and why.
 * And it asks for no channel with a party that begins with a DTLS handshake, although FreeSWITCH makes one: its event socket comes after the handshake, which takes as long
 * as the browser's network does. So drachtio-fsmrf hears of the dialog, and begins to count its 4 s, when the event socket is there.
 * @param party asked while the INVITE is being sent: the party with which the channel is made
 * @param onEnded asked while the INVITE is being sent: whom to tell when FreeSWITCH ends that dialog
 */
export function mediaSrf(
  srf: Srf,
  onEnded: () => OnEnded | undefined = () => undefined,
  party: () => DescribedParty | undefined = () => undefined,
): Srf {
  const makes = srf as unknown as MakesDialogs
  return Object.create(srf, {
    createUAC: {
      value(uri: string, options: object, progress?: object, callback?: (error: unknown, dialog?: ForgottenDialog) => void) {
        if (callback !== undefined || progress !== undefined) return makes.createUAC(uri, options, progress, callback)
        const described = party()
        const tell = onEnded()
        return new Promise((resolve, reject) => {
          // Not its promise: a BYE in the same TCP segment as the 200 finds a listener only if that is attached in the callback.
          makes.createUAC(uri, described === undefined ? options : withParty(options, described.sdp), {}, (error, dialog) => {
            if (dialog === undefined) return reject(asError(error))
            described?.answered(dialog.remote?.sdp ?? '')
            if (tell) dialog.on('destroy', (bye) => tell(bye?.get('Reason')))
            const forgiving = forgivingDialog(dialog)
            if (described?.arrival === undefined) return resolve(forgiving)
            dialog.on('destroy', () => reject(new Error('FreeSWITCH has ended the channel before it was there')))
            described.arrival(nameOf(options)).then(
              () => resolve(forgiving),
              (error: unknown) => {
                reject(asError(error))
                forgiving.destroy()
              },
            )
          })
        })
      },
    },
  }) as Srf
}

/** FreeSWITCH takes keys that stand in a description (RFC 4568) only on a channel of which its dialplan was told: it is forbidden on all others (`docs/production.md`). */
function withParty(options: { readonly headers?: object }, sdp: string): object {
  return { ...options, localSdp: sdp, ...(tellsKey(sdp) ? { headers: { ...options.headers, 'X-Secure-RTP': 'true' } } : {}) }
}

/** drachtio-fsmrf's own name of the channel. */
function nameOf({ headers }: { readonly headers?: Readonly<Record<string, string>> }): string {
  return /^drachtio-fsmrf:(.+)$/.exec(headers?.['User-Agent'] ?? '')?.[1] ?? ''
}

function forgivingDialog(dialog: ForgottenDialog): ForgottenDialog {
  const destroy = dialog.destroy.bind(dialog)
  dialog.destroy = (options, callback) => {
    if (callback) return destroy(options, callback)
    return new Promise<void>((resolve) => destroy(options ?? {}, () => resolve()))
  }
  return dialog
}
