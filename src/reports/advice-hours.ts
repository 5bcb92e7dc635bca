import { adviceOf, type Advice } from '../figures/advice.js'
import { whenIn } from '../figures/roll-up.js'
import { monthsUntil } from '../figures/summary.js'
import type { Store } from '../store/store.js'

const monthsShown = 12

/** The advice that a clinician gave in the last twelve months, the present one last. */
export interface AdviceHours {
  /** `month`: `2026-03`. */
  readonly monthly: readonly (Advice & { readonly month: string })[]
  readonly whole: Advice
}

/** @param now wall-clock ms */
export async function adviceHours(store: Pick<Store, 'rollUps'>, clinician: string, now: number): Promise<AdviceHours> {
  const months = monthsUntil(whenIn(now).month, monthsShown)
  const rows = await store.rollUps({ from: months[0] ?? '', to: months.at(-1) ?? '', scope: 'clinician', id: clinician })
  return { monthly: months.map((month) => ({ month, ...adviceOf(rows.filter((row) => row.month === month)) })), whole: adviceOf(rows) }
}
