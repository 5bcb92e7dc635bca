export type Change<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** What is given as undefined is taken away. */
export function changed<T extends object>(before: T, change: Change<T>): T {
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined)) as T
}
