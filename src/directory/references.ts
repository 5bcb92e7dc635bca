import type { Form } from './form.js'

/** References from one part of the file to another; resolved once all is read, so that the parts may be in any order. */
export class References {
  readonly #open: { readonly kind: ReferenceKind; readonly id: string; readonly at: number }[] = []

  clinician(id: string, node: { readonly at: number }): void {
    this.#open.push({ kind: 'clinician', id, at: node.at })
  }

  organisation(id: string, node: { readonly at: number }): void {
    this.#open.push({ kind: 'organisation', id, at: node.at })
  }

  line(id: string, node: { readonly at: number }): void {
    this.#open.push({ kind: 'line', id, at: node.at })
  }

  pool(id: string, node: { readonly at: number }): void {
    this.#open.push({ kind: 'pool', id, at: node.at })
  }

  area(id: string, node: { readonly at: number }): void {
    this.#open.push({ kind: 'area', id, at: node.at })
  }

  /** Reports every unresolved name to the form. */
  check(form: Form, known: Readonly<Record<ReferenceKind, { has(id: string): boolean }>>): void {
    for (const { kind, id, at } of this.#open) {
      if (!known[kind].has(id)) form.problem({ at }, `there is no ${words[kind]} "${id}"`, `the name of one under \`${sections[kind]}:\``)
    }
  }
}

type ReferenceKind = 'clinician' | 'organisation' | 'line' | 'pool' | 'area'

const words: Readonly<Record<ReferenceKind, string>> = {
  clinician: 'clinician',
  organisation: 'organisation',
  line: 'line',
  pool: 'NCN pool',
  area: 'area',
}
const sections: Readonly<Record<ReferenceKind, string>> = {
  clinician: 'clinicians',
  organisation: 'organisations',
  line: 'lines',
  pool: 'ncnPools',
  area: 'areas',
}
