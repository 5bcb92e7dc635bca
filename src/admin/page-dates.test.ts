import { expect, test } from 'vitest'

interface Dates {
  readonly readDate: (text: string) => string | undefined
  readonly showDate: (iso: string) => string
}

// The page's modules are plain JavaScript, as the browser reads them.
const { readDate, showDate } = (await import(new URL('./page/dates.js', import.meta.url).href)) as Dates

test.each([
  ['27/03/2026', '2026-03-27'],
  ['3/4/2026', '2026-04-03'],
  ['3/4/26', '2026-04-03'],
  [' 03.04.2026 ', '2026-04-03'],
  ['3-4-2026', '2026-04-03'],
  ['3 4 2026', '2026-04-03'],
  ['3 March 2026', '2026-03-03'],
  ['3rd Mar 26', '2026-03-03'],
  ['12 sept 2026', '2026-09-12'],
  ['2026-04-03', '2026-04-03'],
  ['29/02/2028', '2028-02-29'],
  ['', ''],
  ['  ', ''],
])('"%s" is %s', (text, iso) => {
  expect(readDate(text)).toBe(iso)
  if (iso !== '') expect(readDate(showDate(iso))).toBe(iso)
})

// The month stands in the middle: what can only be meant the American way is refused, not turned round.
test.each(['03/27/2026', '29/02/2026', '31/04/2026', '0/1/2026', '1/0/2026', 'yesterday', '27/03', '27 Ma 2026', '1/1/20266', '27/03/2026x'])('"%s" is no date', (text) => {
  expect(readDate(text)).toBeUndefined()
})

test('a date is shown with the day first', () => {
  expect(showDate('2026-03-27')).toBe('27/03/2026')
})
