/** The result of a check. `look`: it works, or cannot be checked from here; a person should look. `wrong`: it does not work. */
export type Finding =
  { readonly kind: 'fine'; readonly what: string } | { readonly kind: 'look' | 'wrong'; readonly what: string; readonly advice: string }

export function fine(what: string): Finding {
  return { kind: 'fine', what }
}

export function look(what: string, advice: string): Finding {
  return { kind: 'look', what, advice }
}

export function wrong(what: string, advice: string): Finding {
  return { kind: 'wrong', what, advice }
}
