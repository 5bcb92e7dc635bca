interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/** Questions, by number, that wait for their answers. Once they have failed for good, every further one fails too. */
export class Questions<Answer> {
  readonly #waiting = new Map<number, Waiting<Answer>>()
  #over: ((waiting: Waiting<Answer>) => void) | undefined

  ask(question: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#over) this.#over({ resolve, reject })
      else this.#waiting.set(question, { resolve, reject })
    })
  }

  settle(question: number, answer: Answer): void {
    this.#waiting.get(question)?.resolve(answer)
    this.#waiting.delete(question)
  }

  /** One of them fails, or (without a number) all, and all to come. */
  fail(error: Error, question?: number): void {
    if (question === undefined) this.#finish((waiting) => waiting.reject(error))
    else {
      this.#waiting.get(question)?.reject(error)
      this.#waiting.delete(question)
    }
  }

  /** The same answer to all, and to all to come. */
  settleAll(answer: Answer): void {
    this.#finish((waiting) => waiting.resolve(answer))
  }

  #finish(over: (waiting: Waiting<Answer>) => void): void {
    this.#over = over
    for (const waiting of this.#waiting.values()) over(waiting)
    this.#waiting.clear()
  }
}
