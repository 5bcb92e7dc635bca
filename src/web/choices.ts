/** A directory entry to choose from. */
export interface Choice {
  readonly id: string
  readonly name: string
  /** What else helps to tell them apart: a role, a code. */
  readonly about?: string
}

/** How a page asks for one: from a list; if there are too many, by name or id (`items` is missing then). */
export interface ChoiceField {
  /** Where a script looks for those that fit what is typed (`GET /api/choices/...`). */
  readonly source?: string
  readonly items?: readonly { readonly value: string; readonly text: string }[]
}

export type Chosen = { readonly ok: true; readonly id: string } | { readonly ok: false; readonly message: string }

/** A longer list is slower to look through than typing, and makes the page heavy. */
const maxInList = 100
const maxNamed = 5

/** Entries with the same name have their ids after it. @param list by which name the list is known (`choice-lists.ts`) */
export function choiceField(choices: readonly Choice[], list?: string): ChoiceField {
  if (choices.length > maxInList) return list === undefined ? {} : { source: `/api/choices/${list}` }
  const names = new Map<string, number>()
  for (const { name } of choices) names.set(name, (names.get(name) ?? 0) + 1)
  const sorted = [...choices].sort((a, b) => a.name.localeCompare(b.name, 'en-GB') || (a.id < b.id ? -1 : 1))
  return { items: sorted.map(({ id, name }) => ({ value: id, text: (names.get(name) ?? 0) > 1 ? `${name} (${id})` : name })) }
}

/** The entry meant by an id, or by a name in any case. @param what "clinician", "line": for the words when it matches none */
export function choose(choices: readonly Choice[], written: string, what: string): Chosen {
  const text = written.trim()
  if (choices.some(({ id }) => id === text)) return { ok: true, id: text }
  const wanted = plain(text)
  const [found, ...more] = choices.filter(({ name }) => plain(name) === wanted)
  if (found && more.length === 0) return { ok: true, id: found.id }
  if (found) return { ok: false, message: `Several have this name. Enter the ID of the one you mean: ${named([found, ...more])}` }
  const like = wanted === '' ? [] : choices.filter(({ id, name }) => plain(name).includes(wanted) || id.includes(wanted))
  return {
    ok: false,
    message:
      like.length === 0
        ? `Enter a ${what} in the directory, by name or ID`
        : `No ${what} has exactly this name. Did you mean ${named(like)}?`,
  }
}

/** What a field says of what was chosen, where it is typed: its name; of several of one name the id, so that it is understood again. */
export function writtenAs(choices: readonly Choice[], id: string): string {
  const name = choices.find((one) => one.id === id)?.name
  if (name === undefined) return id
  return choices.filter((one) => plain(one.name) === plain(name)).length > 1 ? id : name
}

/** Those that fit what is typed so far, the likeliest first: a word of the name, or the id, begins with each word that is typed. */
export function fitting(choices: readonly Choice[], typed: string): readonly Choice[] {
  const words = plain(typed).split(' ')
  return choices
    .filter(({ id, name, about = '' }) => {
      const all = `${plain(name)} ${plain(about)} ${id}`.split(/[\s,:()-]+/)
      return words.every((word) => id.startsWith(word) || all.some((one) => one.startsWith(word)))
    })
    .map((one) => ({ one, first: plain(one.name).startsWith(words.join(' ')) ? 0 : 1 }))
    .sort((a, b) => a.first - b.first || a.one.name.localeCompare(b.one.name, 'en-GB') || (a.one.id < b.one.id ? -1 : 1))
    .map(({ one }) => one)
}

function named(choices: readonly Choice[]): string {
  const shown = choices.slice(0, maxNamed).map(({ id, name }) => `${name} (${id})`)
  return choices.length > maxNamed ? `${shown.join(', ')}, or one of ${choices.length - maxNamed} more` : shown.join(' or ')
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, ' ').trim()
}
