import { Playback, type PlaybackHost } from './playback.js'
import type { Done, RunningApplication } from './running-application.js'

/** The arguments of `play_and_get_digits`, in their order. */
export interface CollectArguments {
  readonly min: number
  readonly max: number
  readonly tries: number
  /** For the first digit, and (where it differs) for each further one. */
  readonly firstMs: number
  readonly digitMs: number
  readonly terminators: string
  readonly prompt: string
  readonly invalid: string
  readonly variable: string
  readonly pattern: RegExp | undefined
}

/** `<min> <max> <tries> <timeout> <terminators> <file> <invalid_file> <var_name> <regexp> [<digit_timeout>]` */
export function parseCollectArguments(text: string): CollectArguments {
  const words = text.split(' ').filter((word) => word !== '')
  const number = (index: number): number => Number.parseInt(words[index] ?? '', 10) || 0
  const min = Math.max(0, number(0))
  const firstMs = Math.max(1000, number(3))
  return {
    min,
    max: Math.max(min, number(1)),
    tries: number(2),
    firstMs,
    digitMs: number(9) > 0 ? number(9) : firstMs,
    terminators: words[4] ?? '#',
    prompt: words[5] ?? '',
    invalid: words[6] ?? '',
    variable: words[7] ?? '',
    pattern: expression(words[8]),
  }
}

function expression(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined
  try {
    return new RegExp(text)
  } catch {
    return /(?!)/
  }
}

/**
 * `play_and_get_digits`. One try goes through: *prompt* (the first key ends it) -> *collect* (keys until the most, a terminator or silence)
 * -> *judge*; a try that fails plays the invalid file and begins again until the tries are used up. Keys pressed before it starts are not its own.
 */
export class DigitCollector implements RunningApplication {
  readonly #host: PlaybackHost
  readonly #args: CollectArguments
  readonly #done: Done
  #phase: 'prompt' | 'collect' | 'invalid' | 'over' = 'prompt'
  #playback: Playback | undefined
  #timer: NodeJS.Timeout | undefined
  #digits = ''
  #terminator: string | undefined
  #triesLeft: number

  constructor(host: PlaybackHost, args: CollectArguments, done: Done) {
    this.#host = host
    this.#args = args
    this.#done = done
    this.#triesLeft = args.tries
    if (args.variable !== '') host.setVariable(`${args.variable}_invalid`, undefined)
    this.#try()
  }

  key(digit: string): boolean {
    if (this.#phase === 'prompt') {
      this.#digits += digit
      this.#playback?.break()
    } else if (this.#phase === 'collect') {
      this.#take(digit)
    }
    return true
  }

  break(): void {
    if (this.#phase === 'collect') this.#judge('broken')
    else this.#playback?.break()
  }

  abandon(): undefined {
    this.#phase = 'over'
    clearTimeout(this.#timer)
    this.#playback?.abandon()
    this.#host.setVariable('read_result', 'failure')
    return undefined
  }

  #try(): void {
    if (this.#triesLeft <= 0) {
      this.#over()
      return
    }
    this.#digits = ''
    this.#terminator = undefined
    this.#host.setVariable('read_result', undefined)
    if (this.#args.variable !== '') this.#host.setVariable(this.#args.variable, undefined)
    this.#phase = 'prompt'
    if (this.#args.prompt === '' || this.#args.prompt.toLowerCase() === 'silence') {
      this.#collect()
      return
    }
    this.#playback = new Playback(this.#host, this.#args.prompt, (outcome) => {
      if (this.#phase !== 'prompt') return
      if (outcome === 'played') this.#collect()
      else this.#judge('failed')
    })
  }

  #collect(): void {
    this.#phase = 'collect'
    const pressed = this.#digits
    this.#digits = ''
    if (pressed.length >= this.#args.max && this.#args.max > 0) {
      // Enough was pressed during the prompt. A lone terminator there counts as nothing pressed.
      this.#digits = this.#args.max === 1 && this.#args.terminators.includes(pressed) ? '' : pressed.slice(0, this.#args.max)
      this.#judge('enough')
      return
    }
    this.#wait(this.#args.firstMs)
    for (const digit of pressed) this.#take(digit)
  }

  #take(digit: string): void {
    if (this.#phase !== 'collect') return
    if (this.#args.terminators.includes(digit)) {
      this.#terminator = digit
      this.#judge('enough')
      return
    }
    this.#digits += digit
    if (this.#digits.length >= this.#args.max) this.#judge('enough')
    else this.#wait(this.#args.digitMs)
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#judge('timeout')
    }, ms)
  }

  #judge(why: 'enough' | 'timeout' | 'broken' | 'failed'): void {
    clearTimeout(this.#timer)
    const { min, variable, pattern } = this.#args
    const tooFew = this.#digits.length < min
    this.#host.setVariable('read_terminator_used', this.#terminator)
    this.#host.setVariable(
      'read_result',
      tooFew || why === 'failed' || why === 'broken' ? 'failure' : why === 'timeout' ? 'timeout' : 'success',
    )
    if (variable !== '' && this.#digits !== '') this.#host.setVariable(variable, this.#digits)
    if (min === 0 && this.#digits === '' && this.#terminator !== undefined) {
      this.#over()
      return
    }
    if (!tooFew && this.#digits !== '') {
      if (pattern === undefined || pattern.test(this.#digits)) {
        this.#over()
        return
      }
      if (variable !== '') {
        this.#host.setVariable(variable, undefined)
        this.#host.setVariable(`${variable}_invalid`, this.#digits)
      }
    }
    this.#invalid()
  }

  #invalid(): void {
    this.#phase = 'invalid'
    this.#playback = undefined
    const next = (): void => {
      if (this.#phase !== 'invalid') return
      this.#triesLeft--
      this.#try()
    }
    if (this.#args.invalid === '') next()
    else this.#playback = new Playback(this.#host, this.#args.invalid, next)
  }

  #over(): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#done()
  }
}
