import { hash, verify, type Options } from '@node-rs/argon2'

/**
 * Passwords as argon2id hashes (RFC 9106), computed on separate threads: 19 MiB and two passes, as OWASP advises. Loaded at the first sign-in with one.
 * Argon2id is the package's default algorithm (its enumeration cannot be named under `isolatedModules`).
 */
const cost: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Threads are shared with the reading of files: more than two at once would hold those up, and take memory. */
const atOnce = 2
let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  while (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  running++
  try {
    return await work()
  } finally {
    running--
    waiting.shift()?.()
  }
}

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(normal(password), cost))
}

/** @param kept a hash of {@link hashPassword}; undefined: there is none, and finding that takes as long */
export async function passwordIs(password: string, kept: string | undefined): Promise<boolean> {
  const right = await inTurn(async () => verify(kept ?? (await nobodys()), normal(password)))
  return right && kept !== undefined
}

let ofNobody: Promise<string> | undefined

/** The hash of a password that nobody has. */
function nobodys(): Promise<string> {
  return (ofNobody ??= hash(crypto.randomUUID(), cost))
}

/** Normalises accents, so that every keyboard gives the same password. */
function normal(password: string): string {
  return password.normalize('NFKC')
}
