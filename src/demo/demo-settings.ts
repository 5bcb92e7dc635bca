/** What the simulated phones are told, as JSON in the environment. */
export interface DemoSettings {
  /** Where the engine takes calls. */
  readonly sip: { readonly address: string; readonly port: number }
  readonly directoryFile: string
  /** Where the telephone network is played, and everybody in it: patients and practices. Absent: there is a real one. */
  readonly network?: { readonly address: string; readonly port: number }
}

/** The trunk of an engine that has none, with the simulated phones. */
export const demoNetwork = { address: '127.0.0.1', port: 5090 }
