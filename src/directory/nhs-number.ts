/**
 * NHS numbers (England, Wales, Isle of Man): ten digits, the last a check digit by modulus 11
 * (NHS Data Dictionary, "NHS NUMBER"). Written 3-3-4 with spaces.
 */

/** @returns the ten digits, or undefined if it is no NHS number: characters other than digits, spaces and hyphens, a wrong length, or a wrong check digit */
export function parseNhsNumber(text: string): string | undefined {
  const digits = text.replaceAll(/[\s-]/g, '')
  if (!/^\d{10}$/.test(digits)) return undefined
  let sum = 0
  for (let i = 0; i < 9; i++) sum += Number(digits[i]) * (10 - i)
  const check = (11 - (sum % 11)) % 11
  // Numbers whose check digit would be 10 are never issued.
  return check !== 10 && check === Number(digits[9]) ? digits : undefined
}

/** @returns `943 476 5919`; the text itself if it is no NHS number */
export function showNhsNumber(text: string): string {
  const digits = parseNhsNumber(text)
  return digits === undefined ? text : `${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`
}
