import type { Target } from '../switch/port.js'
import { shorten, type Form } from './form.js'
import { readNumber, readTarget } from './telephone-number.js'
import type { YamlNode } from './yaml-tree.js'

/** Reads a target: a telephone number, a SIP address, a registered telephone or a clinician's browser. */
export function readTargetNode(form: Form, node: YamlNode, what: string): Target | undefined {
  const text = form.scalar(
    node,
    what,
    'a telephone number such as 01632 960123, a SIP address such as sip:ward7@192.0.2.10, a telephone that registers such as device:okafor-desk, or a browser such as browser:dr-okafor',
  )
  if (text === undefined) return undefined
  const reading = readTarget(text)
  return reading.ok ? reading.target : form.problem(node, `${what} is "${shorten(text)}"`, reading.expected)
}

/** Reads a number that people dial: a telephone number, or 2 to 8 digits on a private network. @returns E.164, or the bare digits */
export function readDialledNumber(form: Form, node: YamlNode): string | undefined {
  const expected = 'a telephone number such as 01632 960123, or 2 to 8 digits of a private network'
  const text = form.scalar(node, 'a number', expected)
  if (text === undefined) return undefined
  if (/^[1-9]\d{1,7}$/.test(text)) return text
  const reading = readNumber(text)
  return reading.ok ? reading.number : form.problem(node, `a number is "${shorten(text)}"`, expected)
}
