/** Fields that hold an instant are called `at`, `since` or `now`, or end in `At` or `Since`, everywhere in the engine. */
function isInstant(name: string): boolean {
  return name.endsWith('At') || name.endsWith('Since') || name === 'at' || name === 'since' || name === 'now'
}

/**
 * An API answer: a copy in which every instant (wall-clock ms inside the engine) is written in ISO 8601, UTC, to the millisecond:
 * `2026-03-02T09:30:00.000Z`. Every answer and every event of the stream goes through here, so that no route can forget it.
 * Durations (`waitMs`, `uptimeSeconds`) stay numbers.
 */
export function withIsoInstants(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIsoInstants)
  if (typeof value !== 'object' || value === null) return value
  // Field by field: a page of calls has five thousand of them.
  const said: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(value))
    said[name] = typeof one === 'object' ? withIsoInstants(one) : typeof one === 'number' && isInstant(name) ? isoInstant(one) : one
  return said
}

/** @param ms wall-clock ms */
export function isoInstant(ms: number): string {
  return new Date(ms).toISOString()
}
