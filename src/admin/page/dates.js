/** Dates as people here write them: day, month, year. The browser's own date field follows the language of the browser, and shows mm/dd/yyyy to many. */

const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']

/**
 * @param {string} text `27/3/2026`, `27.03.26`, `27 March 2026`, `27 mar 26`, `2026-03-27`
 * @returns {string | undefined} `2026-03-27`; empty for an empty text; undefined for what is no date
 */
export function readDate(text) {
  const written = text.trim().toLowerCase()
  if (written === '') return ''
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(written)
  if (iso) return date(iso[1], iso[2], iso[3])
  const [, day, month, year] = /^(\d{1,2})(?:st|nd|rd|th)?[\s./-]+([a-z]{3,9}|\d{1,2})[\s./,-]+(\d{4}|\d{2})$/.exec(written) ?? []
  if (day === undefined) return undefined
  return date(year.length === 2 ? `20${year}` : year, /\d/.test(month) ? month : monthNamed(month), day)
}

/** @param {string} iso `2026-03-27` @returns {string} `27/03/2026` */
export function showDate(iso) {
  return iso.split('-').reverse().join('/')
}

function monthNamed(name) {
  const index = months.findIndex((month) => month === name || (name.length < month.length && month.startsWith(name)))
  return index < 0 ? 0 : index + 1
}

function date(year, month, day) {
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  const made = new Date(Date.UTC(y, m - 1, d))
  // The calendar has no 31 April.
  if (m < 1 || made.getUTCMonth() !== m - 1 || made.getUTCDate() !== d) return undefined
  return made.toISOString().slice(0, 10)
}

/**
 * A text field for a date: what is understood is written out as dd/mm/yyyy; what is not is said beside it, and marked for screen readers.
 * @param {HTMLInputElement} input its `aria-describedby` ends with the id of the element for what is wrong
 * @returns {string | undefined} as `readDate`
 */
export function dateIn(input) {
  const found = readDate(input.value)
  const message = document.getElementById(input.getAttribute('aria-describedby').split(' ').at(-1))
  if (found !== undefined && found !== '') input.value = showDate(found)
  if (found === undefined) input.setAttribute('aria-invalid', 'true')
  else input.removeAttribute('aria-invalid')
  message.textContent = found === undefined ? `"${input.value}" is no date. Write day, month and year, such as 27/03/2026.` : ''
  return found
}
