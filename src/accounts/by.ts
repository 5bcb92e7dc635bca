/** The actor and address of every change of an account. */
export interface By {
  /** Id of a person or a token; `system`: a command on the machine, or the engine itself. */
  readonly actor: string
  readonly address: string
}

/** A command on the engine's own machine, or the engine. */
export const system: By = { actor: 'system', address: '' }
