export type Change<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** Fields given as undefined are removed. */
export function changed<T extends object>(before: T, change: Change<T>): T {
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined)) as T
}
