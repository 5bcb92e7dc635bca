/** What the simulated phones are told, as JSON in the environment. */
export interface DemoSettings {
  /** Where the engine takes calls. */
  readonly sip: { readonly address: string; readonly port: number }
  readonly directoryFile: string
}
