import { actorOfIdentity } from '../../accounts/identity.js'
import type { Directory } from '../../directory/model.js'
import { deviceView, madeDeviceView } from '../../operations/device-view.js'
import type { DeviceOperations } from '../../operations/devices.js'
import type { Refused } from '../../operations/result.js'
import type { MadeDevice } from '../../registrar/kept-devices.js'
import type { Telephones } from '../../registrar/telephones.js'
import { notFound } from '../arranging.js'
import { choiceList } from '../choice-lists.js'
import { choiceField, choose } from '../choices.js'
import { goTo, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'

export interface DeviceParts {
  readonly operations: DeviceOperations
  readonly telephones: Pick<Telephones, 'devices' | 'realm' | 'at'>
  readonly directory: () => Directory
  /** Where telephones register, `host:port`. */
  readonly registerAt?: string | undefined
}

const pageSize = 50
const longestLabel = 80
const owners = 'devices/owners'

/** SIP telephones that may register: made, given a new password, removed; and whether they are registered now. */
export function devicePages(site: Site, { operations, telephones, directory, registerAt }: DeviceParts): void {
  site.menu({ href: '/devices', text: 'Devices', needs: 'devices' })

  const list = (asked: Asked, errors: readonly FieldError[] = []) => {
    const found = telephones.devices.page(pageSize + 1, asked.query['after'])
    const rows = found.slice(0, pageSize).map((device) => deviceView(device, directory(), telephones))
    return view(
      'devices.njk',
      'Devices',
      { rows, ...(found.length > pageSize ? { next: `/devices?after=${encodeURIComponent(rows.at(-1)?.user ?? '')}` } : {}) },
      { errors },
    )
  }
  site.get('/devices', 'devices', (asked) => list(asked))

  const newForm = (asked: Asked, errors: readonly FieldError[] = []) =>
    view(
      'new-device.njk',
      'New telephone',
      { values: { algorithm: 'MD5', ...asked.form }, owners: choiceField(ownersIn(asked), owners) },
      { errors },
    )
  site.get('/devices/new', 'devices', (asked) => newForm(asked))

  site.post('/devices/new', 'devices', async (asked) => {
    const { form, identity } = asked
    const owner = choose(ownersIn(asked), form['owner'] ?? '', 'clinician or organisation')
    const [label, user] = [(form['label'] ?? '').trim(), (form['user'] ?? '').trim()]
    const errors = [
      ...(owner.ok ? [] : [{ field: 'owner', message: (form['owner'] ?? '') === '' ? 'Choose whose telephone it is' : owner.message }]),
      ...(label.length > longestLabel ? [{ field: 'label', message: `A label has at most ${longestLabel} characters` }] : []),
    ]
    if (errors.length > 0 || !owner.ok) return newForm(asked, errors)
    const [kind = '', id = ''] = owner.id.split(':')
    const made = await operations.make(actorOfIdentity(identity), {
      owner: { kind: kind === 'clinician' ? kind : 'organisation', id },
      ...(label === '' ? {} : { label }),
      ...(user === '' ? {} : { user }),
      algorithm: form['algorithm'] === 'SHA-256' ? 'SHA-256' : 'MD5',
    })
    return made.kind === 'refused' ? newForm(asked, [asError(made)]) : shown(made.value)
  })

  site.post('/devices/:user/password', 'devices', async (asked) => {
    const made = await operations.renew(actorOfIdentity(asked.identity), asked.params['user'] ?? '')
    return made.kind === 'refused' ? refusedOn(asked, made) : shown(made.value)
  })

  site.post('/devices/:user/remove', 'devices', async (asked) => {
    const removed = await operations.remove(actorOfIdentity(asked.identity), asked.params['user'] ?? '')
    return removed.kind === 'refused' ? refusedOn(asked, removed) : goTo('/devices', 'deviceRemoved')
  })

  /** The possible owners of a telephone, by kind and id. */
  function ownersIn({ identity }: Asked) {
    return choiceList(owners, identity, directory()) ?? []
  }

  function shown(made: MadeDevice): Answer {
    return view('made-device.njk', 'Set up the telephone', { device: madeDeviceView(made, directory(), registerAt) })
  }

  function refusedOn(asked: Asked, refused: Refused): Answer {
    return refused.code === 'deviceNotFound' ? notFound(refused) : list(asked, [{ field: '', message: refused.message }])
  }
}

function asError({ code, field = '', message }: Refused): FieldError {
  switch (code) {
    case 'deviceExists':
      return {
        field: 'user',
        message: 'There is a telephone of this name already. Choose another name, or make a new password for that one',
      }
    case 'ownerNotFound':
      return { field: 'owner', message: 'They are no longer in the directory' }
    default:
      return { field, message: field === 'user' ? 'Enter small letters, digits and hyphens, a letter first, such as okafor-desk' : message }
  }
}
