/** `0.4 s`, `31 s`, `3 min 4 s`. */
export function durationInWords(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `0:05`, `3:04`, `1:02:03`: how far into a call. */
export function clockInto(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const two = (part: number) => String(part).padStart(2, '0')
  return seconds < 3_600
    ? `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
    : `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}
