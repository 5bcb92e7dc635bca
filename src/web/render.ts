import { fileURLToPath } from 'node:url'
import nunjucks from 'nunjucks'
import { toE164 } from '../directory/telephone-number.js'
import { kitFolder, type Assets } from './assets.js'
import { clockOf } from './wallboard/words.js'

/** Problems of a form, by the field they are shown beside. Empty: no field in particular. */
export interface FieldError {
  readonly field: string
  readonly message: string
}

/** Nunjucks, with our templates and the kit's. Loaded with the first page; used nowhere else. */
export function renderer(assets: Assets): (template: string, data: object) => string {
  const loader = new nunjucks.FileSystemLoader([fileURLToPath(new URL('./templates/', import.meta.url)), kitFolder()])
  const environment = new nunjucks.Environment(loader, { autoescape: true, throwOnUndefined: false, trimBlocks: true, lstripBlocks: true })
  environment.addGlobal('asset', (name: string) => assets.address(name))
  environment.addGlobal('errorList', (errors: readonly FieldError[]) =>
    errors.map(({ field, message }) => ({ text: message, ...(field === '' ? {} : { href: `#${field}` }) })),
  )
  environment.addFilter('instant', (ms: number | undefined) => (ms === undefined ? '' : instant.format(ms)))
  environment.addFilter('clock', (ms: number | undefined) => (ms === undefined ? '' : clockOf(ms)))
  environment.addFilter('timeOfDay', (ms: number) => timeOfDay.format(ms))
  environment.addFilter('day', (ms: number | undefined) => (ms === undefined ? '' : day.format(ms)))
  // For a link that dials it, and for reading it out digit by digit.
  environment.addFilter('tel', (number: string) => `tel:${toE164(number).replaceAll(/[^+\d*#]/g, '')}`)
  environment.addFilter('spaced', (digits: string) => digits.replaceAll(/\B(?=\d)/g, ' '))
  environment.addFilter('shortDay', (ms: number) => shortDay.format(ms))
  environment.addFilter('filled', (all: readonly unknown[]) => all.filter((one) => one !== null && one !== undefined && one !== ''))
  environment.addGlobal('errorFor', (errors: readonly FieldError[] | undefined, field: string) => {
    const found = errors?.find((one) => one.field === field)
    return found && { text: found.message }
  })
  return (template, data) => environment.render(template, data)
}

/** `2 March 2026 at 9:30` in the time zone of the service. */
const instant = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/London' })
/** `9:30` */
const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'Europe/London' })
/** `2 Mar 2026` */
const shortDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'Europe/London' })
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'Europe/London' })
