import type { Identity } from '../accounts/identity.js'
import type { Directory } from '../directory/model.js'
import { choiceList } from './choice-lists.js'
import { choiceField, choose, type ChoiceField } from './choices.js'
import type { Asked } from './site.js'

/** The permissions by which something is given for a part. */
type Giver = 'people' | 'tokens' | 'approvals'

/** For what something is: from a list; where there are too many parts for that, by name. @param needs who is asked: `people`, `tokens`, `approvals` */
export function scopeField(needs: Giver, identity: Identity, known: Directory): ChoiceField {
  const list = `${needs}/scopes`
  const choices = choiceList(list, identity, known) ?? []
  // In the order of the list: everywhere, organisations, lines.
  const field = choiceField(choices, list)
  return field.items === undefined ? field : { items: choices.map(({ id, name }) => ({ value: id, text: name })) }
}

/** What a form says of it, by id; as it was written, where it is none. */
export function scopeWritten(needs: Giver, { identity, form }: Pick<Asked, 'identity' | 'form'>, known: Directory): string {
  const written = form['scope'] ?? ''
  const found = choose(choiceList(`${needs}/scopes`, identity, known) ?? [], written, 'organisation or line')
  return found.ok ? found.id : written
}
