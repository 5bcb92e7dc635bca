import { hash, verify, type Options } from '@node-rs/argon2'

/**
 * Passwords as argon2id hashes (RFC 9106), worked out on threads of their own: 19 MiB and two passes, as OWASP asks for. Loaded at the first sign-in with one.
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

/** @param kept a hash of {@link hashPassword}; undefined: there is none, and it takes as long to say so */
export async function passwordIs(password: string, kept: string | undefined): Promise<boolean> {
  const right = await inTurn(async () => verify(kept ?? (await nobodys()), normal(password)))
  return right && kept !== undefined
}

let ofNobody: Promise<string> | undefined

/** The hash of something that nobody types. */
function nobodys(): Promise<string> {
  return (ofNobody ??= hash(crypto.randomUUID(), cost))
}

/** One password, however the keyboard writes its accents. */
function normal(password: string): string {
  return password.normalize('NFKC')
}
