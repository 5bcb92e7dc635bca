/**
 * Words by which networks and telephones say that a number is withheld or not known: as user part, as host (`anonymous.invalid`, RFC 3323 4.1.1.3)
 * and as display name. RFC 3323 and 3325; 3GPP TS 24.607 and TS 29.163 ("Unavailable", "Interaction with other service", "Coin line/payphone");
 * caller name services ("Private", "Out of area", `P` and `O`).
 */
const withheldWords = new Set([
  ...[
    'anonymous',
    'anon',
    'private',
    'unavailable',
    'restricted',
    'unknown',
    'withheld',
    'blocked',
    'hidden',
    'suppressed',
    'secret',
    'undisclosed',
    'confidential',
  ],
  ...[
    'unlisted',
    'unidentified',
    'absent',
    'none',
    'null',
    'nobody',
    'not available',
    'not provided',
    'not disclosed',
    'not known',
    'not given',
    'no number',
    'no caller',
    'no id',
    'no caller id',
  ],
  ...['out of area', 'interaction with other service', 'coin line', 'payphone', 'coin line payphone', 'p', 'o'],
])

/** Words beside them that say nothing of their own: "Private Number", "No Caller ID", "Withheld by caller". */
const besides = /\b(?:number|numbers|caller|callers|calling|call|party|id|cid|cli|clid|user|subscriber|by|the|address)\b/g

/** Whether a user part or a display name says that the number is withheld. Capitals, hyphens and underscores make no difference. An empty one says nothing. */
export function isWithheldWord(text: string): boolean {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  if (words === '') return false
  return withheldWords.has(words) || withheldWords.has(words.replace(besides, ' ').replace(/ +/g, ' ').trim())
}

/** `anonymous.invalid`, `unknown.invalid`, `restricted`: hosts that stand for no one. */
export function isWithheldHost(host: string): boolean {
  const labels = host.toLowerCase().split('.')
  return labels.at(-1) === 'invalid' ? labels.some((label) => isWithheldWord(label)) : labels.length === 1 && isWithheldWord(host)
}
