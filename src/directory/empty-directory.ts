import type { Directory, LineId, Rota } from './model.js'

/** A directory in which nothing can be called. */
export const emptyDirectory: Directory = {
  organisations: new Map(),
  areas: new Map(),
  lines: new Map(),
  clinicians: new Map(),
  rotas: new Map(),
  pools: new Map(),
  numbers: new Map(),
}

/** A rota on which nobody ever is. */
export function emptyRota(line: LineId): Rota {
  return { line, pattern: [], changes: [] }
}
