import { Metadata, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { Target } from '../switch/port.js'
import { asTyped } from '../text/twins.js'
import { expectedDeviceUser, isDeviceUser } from './device-user.js'

/**
 * Telephone numbers: E.164 inside (`+441632960123`), shown and spoken as people in the United Kingdom write them. Numbers without a
 * country code are read as numbers of the United Kingdom.
 */
export type NumberReading = { readonly ok: true; readonly number: string } | { readonly ok: false; readonly expected: string }

const expectedNumber = 'a telephone number such as 01632 960123 or +44 1632 960123'

/**
 * Ranges that Ofcom keeps free for drama ("Telephone numbers for use in TV and radio drama programmes"): they reach nobody, which
 * is why demonstrations and tests use them, and why libphonenumber calls some of them invalid. National significant numbers.
 */
const dramaNumber = /^(?:11[3-8]4960|1(?:21|31|41|51|61)4960|1914980|1632960|2079460|2896496|2920180|3069990|7700900|8081570|9098790)\d{3}$/

/** Reads a number as people write it: with spaces, brackets, hyphens, dots, `00` and `(0)`. Nothing else is accepted. */
export function readNumber(written: string): NumberReading {
  const expected = expectedNumber
  const text = asTyped(written)
  if (text.length > 40 || !/^[+(]?[\d\s().-]+$/.test(text.trim())) return { ok: false, expected }
  const bare = text.replace(/^(\s*(?:\+|00)[\d\s]+)\(0\)/, '$1').replaceAll(/[\s().-]/g, '')
  const international = bare.startsWith('00') ? `+${bare.slice(2)}` : bare
  const e164 = international.startsWith('+') ? international : `+44${international.replace(/^0/, '')}`
  // Without a country code a number begins with 0; else an extension such as 2345 would turn into an outside number.
  if (!international.startsWith('+') && !international.startsWith('0')) return { ok: false, expected }
  if (!/^\+[1-9]\d{6,14}$/.test(e164)) return { ok: false, expected }
  if (e164.startsWith('+44') && (dramaNumber.test(e164.slice(3)) || isBritish(e164.slice(3)))) return { ok: true, number: e164 }
  return parsePhoneNumberFromString(e164, { extract: false })?.isValid()
    ? { ok: true, number: e164 }
    : { ok: false, expected: `${expected} that the numbering plan has` }
}

/**
 * As `readNumber`, for a number as a trunk or a telephone sends it: also without its leading zero (`1632960123`), without its plus sign
 * (`441632960123`), with an extra zero after the country code (`+4401632960123`), with parameters or `#` after it.
 */
export function readSentNumber(text: string): NumberReading {
  const [first] = sentNumbers(text)
  return first === undefined ? readNumber(text) : { ok: true, number: first }
}

/**
 * The canonical form of a number in any form that a trunk sends (`01632960123`, `1632960123`, `441632960123`, `+4401632960123`); any other text stays as it is.
 * Withheld: empty.
 */
export function toE164(number: string): string {
  const reading = readSentNumber(number)
  // A telephone can send anything; it must not fill the memory.
  return reading.ok ? reading.number : number.slice(0, 40)
}

/** Every number of the numbering plan, in E.164, that a trunk or telephone may mean by this, the likeliest first. */
export function sentNumbers(text: string): readonly string[] {
  const bare = (text.split(';')[0] ?? '').replaceAll(/[\s().-]/g, '').replace(/#+$/, '')
  if (!/^\+?\d{3,20}$/.test(bare)) return []
  const readings = [...new Set(writtenOut(bare))].map((form) => readNumber(form))
  return readings.flatMap((reading) => (reading.ok ? [reading.number] : []))
}

/** The numbers that digits may mean, with plus sign and country code. After +44 there is no 0. */
function writtenOut(bare: string): readonly string[] {
  const digits = bare.replace(/^\+/, '')
  const international = (rest: string) => `+${rest.replace(/^440+/, '44')}`
  const national = (rest: string) => `+44${rest.replace(/^0+/, '')}`
  if (bare.startsWith('+') || digits.startsWith('00')) {
    const rest = digits.replace(/^00/, '')
    return [international(rest), national(rest)]
  }
  // Without country code and zero only a full number counts; else an extension such as 2345 would turn into an outside number.
  if (digits.startsWith('0')) return [national(digits), international(digits.slice(1))]
  return [...(/^\d{9,10}$/.test(digits) ? [national(digits)] : []), international(digits)]
}

/** @returns `01632 960123`, `020 7946 0123`, `+353 1 234 5678`; any other text is returned unchanged */
export function showNumber(number: string): string {
  if (!number.startsWith('+')) return number
  const parsed = parsePhoneNumberFromString(number, { extract: false })
  if (parsed === undefined) return number
  return parsed.countryCallingCode === '44' ? parsed.formatNational() : parsed.formatInternational()
}

/** As `showNumber`, for anything that can be rung: a SIP address is shown without its scheme. */
export function showTarget(target: Target): string {
  return target.kind === 'uri' ? target.uri.replace(/^sips?:/, '') : writeTarget(target)
}

/** As written in the directory file and the spreadsheet: `readTarget` reads the same target back. */
export function writeTarget(target: Target): string {
  switch (target.kind) {
    case 'number':
      return showNumber(target.number)
    case 'uri':
      return target.uri
    case 'device':
      return `device:${target.user}`
    case 'browser':
      return `browser:${target.clinician}`
  }
}

/**
 * The number in spoken groups: the area code, then three or four digits at a time.
 * @returns e.g. `['01632', '960', '123']`; digits only, so that each group can be read digit by digit
 */
export function speakableDigits(number: string): readonly string[] {
  return showNumber(number)
    .split(/\D+/)
    .filter((group) => group !== '')
    .flatMap((group, index) => (index === 0 ? [group] : threesAndFours(group)))
}

function threesAndFours(group: string): readonly string[] {
  if (group.length <= 4) return [group]
  return [group.slice(0, 3), ...threesAndFours(group.slice(3))]
}

/**
 * Reads a SIP address that may be rung: `sip:user@host`, optionally with a port and `;transport=`, and nothing else. No headers, no other
 * parameters, no escapes, no passwords: it goes into a request line.
 */
export function readSipAddress(
  text: string,
): { readonly ok: true; readonly uri: string } | { readonly ok: false; readonly expected: string } {
  const match =
    /^(sips?):([A-Za-z0-9][A-Za-z0-9._+-]{0,63})@(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::(\d{1,5}))?(?:;transport=(udp|tcp|tls))?$/.exec(
      text,
    )
  const port = match?.[4] === undefined ? 5060 : Number(match[4])
  if (match === null || port < 1 || port > 65_535 || match[3]?.includes('..'))
    return { ok: false, expected: 'a SIP address such as sip:ward7@192.0.2.10:5060 (user, host, port and ;transport= only)' }
  return { ok: true, uri: text }
}

/** Reads a target of a rota or clinician: a telephone number, a SIP address, `device:` and the name of a registered telephone, or `browser:` and the id of a clinician. */
export function readTarget(
  text: string,
): { readonly ok: true; readonly target: Target } | { readonly ok: false; readonly expected: string } {
  if (/^sips?:/i.test(text)) {
    const address = readSipAddress(text)
    return address.ok ? { ok: true, target: { kind: 'uri', uri: address.uri } } : address
  }
  if (/^device:/i.test(text)) {
    const user = text.slice('device:'.length)
    return text.startsWith('device:') && isDeviceUser(user)
      ? { ok: true, target: { kind: 'device', user } }
      : { ok: false, expected: `\`device:\` and the name of a telephone that registers: ${expectedDeviceUser}` }
  }
  if (/^browser:/i.test(text)) {
    const clinician = text.slice('browser:'.length)
    return text.startsWith('browser:') && /^[a-z0-9][a-z0-9-]{0,63}$/.test(clinician)
      ? { ok: true, target: { kind: 'browser', clinician } }
      : { ok: false, expected: '`browser:` and the name of a clinician, such as browser:dr-okafor' }
  }
  const reading = readNumber(text)
  if (reading.ok) return { ok: true, target: { kind: 'number', number: reading.number } }
  return {
    ok: false,
    expected: `${reading.expected}, a SIP address such as sip:ward7@192.0.2.10, a telephone that registers such as device:okafor-desk, or a clinician's browser such as browser:dr-okafor`,
  }
}

/**
 * Whether the numbering plan of the United Kingdom has the national significant number, by the same patterns as
 * libphonenumber's `isValid()`, but without its parsing, which takes 60 microseconds: a directory holds tens of thousands of numbers.
 */
function isBritish(significant: string): boolean {
  britishPatterns ??= compileBritishPatterns()
  return britishPatterns.some((pattern) => pattern.test(significant))
}

let britishPatterns: readonly RegExp[] | undefined

/** The part of libphonenumber's `Metadata` class that its type declarations leave out. */
interface PlanPatterns {
  type(name: string): { pattern(): string } | undefined
}

function compileBritishPatterns(): readonly RegExp[] {
  const metadata = new Metadata()
  metadata.selectNumberingPlan('GB')
  const plan = metadata as unknown as PlanPatterns
  const types = ['FIXED_LINE', 'MOBILE', 'UAN', 'TOLL_FREE', 'SHARED_COST', 'VOIP', 'PERSONAL_NUMBER', 'PAGER', 'PREMIUM_RATE']
  return types
    .map((type) => plan.type(type)?.pattern())
    .filter((pattern) => pattern !== undefined)
    .map((pattern) => new RegExp(`^(?:${pattern})$`))
}
