/** Messages of the engine to its watchdog. */
export type ToWatchdog =
  | {
      readonly kind: 'watch'
      /** URL of the database in which its run would be ended. */
      readonly url: string
      readonly incarnation: string
      /** Without a word for this long, it stands still. */
      readonly leaseMs: number
    }
  | { readonly kind: 'beat' }
