import type Srf from 'drachtio-srf'

/** A dialog as drachtio-fsmrf uses it: both forms of `destroy`. */
interface ForgottenDialog {
  destroy(options?: object, callback?: (error: unknown) => void): unknown
}

interface MakesDialogs {
  createUAC(...call: readonly unknown[]): unknown
}

/**
 * The Srf that drachtio-fsmrf works with. When FreeSWITCH answers an INVITE but its event socket does not come, drachtio-fsmrf ends that
 * dialog after 4 s and forgets the promise: where the dialog has gone by then (`ENODIALOG`), nobody hears the rejection, and in Node that
 * ends the process with every call. Here the promise form of `destroy` settles quietly; whoever wants to know passes a callback.
 */
export function mediaSrf(srf: Srf): Srf {
  return Object.create(srf, {
    createUAC: {
      value(...call: unknown[]) {
        const made = (srf as unknown as MakesDialogs).createUAC(...call)
        return made instanceof Promise ? made.then((dialog: ForgottenDialog) => forgivingDialog(dialog)) : made
      },
    },
  }) as Srf
}

function forgivingDialog(dialog: ForgottenDialog): ForgottenDialog {
  const destroy = dialog.destroy.bind(dialog)
  dialog.destroy = (options, callback) => {
    if (callback) return destroy(options, callback)
    return new Promise<void>((resolve) => destroy(options ?? {}, () => resolve()))
  }
  return dialog
}
