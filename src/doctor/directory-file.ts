import { loadDirectory, showError } from '../directory/load-directory.js'
import { fine, look, wrong, type Finding } from './finding.js'

const maxTold = 5

/** Every error of the directory file with its line, and its advice. */
export async function directoryFile(file: string): Promise<readonly Finding[]> {
  const parsed = await loadDirectory(file)
  if (!parsed.ok) {
    const told = parsed.errors.slice(0, maxTold).map((error) => wrong(showError(error), 'npm run directory -- check'))
    return parsed.errors.length > told.length
      ? [...told, wrong(`${parsed.errors.length - told.length} more mistakes in it`, 'npm run directory -- check')]
      : told
  }
  const { numbers, lines } = parsed.directory
  const size = `${file}: ${count(numbers.size, 'number')}, ${count(lines.size, 'line')}`
  const numbersFound = numbers.size > 0 ? fine(size) : wrong(size, 'give an organisation a dialIn: no number can be rung')
  return parsed.advice.length === 0
    ? [numbersFound]
    : [
        numbersFound,
        look(
          `advice on ${count(parsed.advice.length, 'place')} of it, the first: ${parsed.advice[0] ? showError(parsed.advice[0]) : ''}`,
          'npm run directory -- check',
        ),
      ]
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
