/** What the engine tells its watchdog. */
export type ToWatchdog =
  | {
      readonly kind: 'watch'
      /** Of the database in which its run is ended. */
      readonly url: string
      readonly incarnation: string
      /** Without a word for this long, it stands still. */
      readonly leaseMs: number
    }
  | { readonly kind: 'beat' }
