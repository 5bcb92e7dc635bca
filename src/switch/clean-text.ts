/** Longest display name, and longest user part, that is taken from a SIP message, in characters. */
const longestName = 64
const longestUser = 64

/**
 * A display name as it may be kept and shown: the caller can write anything in it. Without control characters, line breaks and characters that change the direction
 * of writing or are invisible (Unicode categories C and Z), without tags and angle brackets, with at most two marks over a letter, and cut.
 */
export function cleanName(text: string): string {
  const plain = text
    .normalize('NFC')
    .replace(/<[^<>]*>/g, ' ')
    .replace(/[\p{C}\p{Z}<>"`]+/gu, ' ')
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .trim()
  return Array.from(plain).slice(0, longestName).join('').trim()
}

/** The user part of a URI as it may be kept: no spaces, nothing invisible, no markup, and cut. */
export function cleanUser(text: string): string {
  return Array.from(text.replace(/[\p{C}\p{Z}<>"`]+/gu, ''))
    .slice(0, longestUser)
    .join('')
}

const longestCallId = 255

/** A SIP Call-ID as it may be kept: the far end, or a proxy on the way, can write anything into it. */
export function cutCallId(text: string): string {
  return text.slice(0, longestCallId)
}
