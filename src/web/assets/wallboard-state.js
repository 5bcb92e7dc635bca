// The current state of a stream: a tab that joins later gets all of it at once.
export class State {
  #parts = undefined

  /** @returns whether it changes what is shown */
  take(name, data, heardAt) {
    if (name === 'snapshot') {
      this.#parts = {}
      for (const [part, rows] of Object.entries({ ...data.board, calls: data.calls }))
        this.#parts[part] = new Map(rows.map((row) => [row.key, { row, heardAt }]))
      return true
    }
    // Before the first snapshot nothing is known.
    if (this.#parts === undefined) return false
    if (name === 'call') this.#parts.calls.set(data.call.key, { row: data.call, heardAt })
    else if (name === 'over') this.#parts.calls.delete(data.key)
    else if (name === 'board') {
      for (const [part, rows] of Object.entries(data.rows)) for (const row of rows) this.#parts[part].set(row.key, { row, heardAt })
      for (const [part, keys] of Object.entries(data.gone)) for (const key of keys) this.#parts[part].delete(key)
    } else return false
    return true
  }

  /** Every row of each part, and its age. undefined: nothing yet. */
  all(now) {
    if (this.#parts === undefined) return undefined
    return Object.fromEntries(
      Object.entries(this.#parts).map(([part, rows]) => [
        part,
        [...rows.values()].map(({ row, heardAt }) => ({ ...row, agoMs: now - heardAt })),
      ]),
    )
  }

  forget() {
    this.#parts = undefined
  }
}
