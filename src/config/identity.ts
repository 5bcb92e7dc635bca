import { messageOf } from '../common/errors.js'
import { identityHeaders, type IdentityHeader, type IdentityRule } from '../guard/caller-identity.js'
import { parseNetwork } from '../guard/source-gate.js'

const expected = `networks with the headers that are believed from them, such as 192.0.2.0/24=P-Asserted-Identity From; headers are ${identityHeaders.join(', ')}`

/** Short names for the headers. */
const shortNames: Readonly<Record<string, IdentityHeader>> = { pai: 'P-Asserted-Identity', rpid: 'Remote-Party-ID' }

/**
 * Reads rules from one line: `192.0.2.0/24=P-Asserted-Identity From, 198.51.100.7=Remote-Party-ID From`.
 * @throws Error that says what would be right
 */
export function readIdentityLine(text: string): readonly IdentityRule[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  return unlike(
    entries.map((entry) => {
      const [network = '', headers, ...more] = entry.split('=').map((part) => part.trim())
      if (headers === undefined || more.length > 0) throw new Error(`${expected}; "${entry}" is none`)
      return ruleOf(network, words(headers))
    }),
  )
}

/**
 * Reads rules from a list of mappings in the settings file: `network`, and `headers` as a list or as one text.
 * @throws Error that says what would be right
 */
export function readIdentityList(list: readonly unknown[]): readonly IdentityRule[] {
  return unlike(
    list.map((entry, index) => {
      if (typeof entry === 'string') {
        const [rule, ...more] = readIdentityLine(entry)
        if (rule === undefined || more.length > 0) throw new Error(`${expected}; entry ${index + 1} is none`)
        return rule
      }
      if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
        throw new Error(`a list with network and headers in each entry; entry ${index + 1} is none`)
      const stray = Object.keys(entry).find((key) => key !== 'network' && key !== 'headers')
      if (stray !== undefined) throw new Error(`a list with network and headers in each entry; entry ${index + 1} has "${stray}"`)
      const { network, headers } = entry as { readonly network?: unknown; readonly headers?: unknown }
      const names = Array.isArray(headers) ? headers : typeof headers === 'string' ? words(headers) : []
      if (typeof network !== 'string' || !names.every((name) => typeof name === 'string'))
        throw new Error(`a list with network and headers in each entry; entry ${index + 1} needs both`)
      return ruleOf(network, names)
    }),
  )
}

function ruleOf(network: string, names: readonly string[]): IdentityRule {
  try {
    parseNetwork(network)
  } catch (error) {
    throw new Error(`${expected}; "${network}" is not ${messageOf(error)}`, { cause: error })
  }
  if (names.length === 0) throw new Error(`${expected}; ${network} has no header`)
  const headers = names.map((name) => {
    const header = identityHeaders.find((one) => one.toLowerCase() === name.toLowerCase()) ?? shortNames[name.toLowerCase()]
    if (header === undefined) throw new Error(`${expected}; ${network} has "${name}"`)
    return header
  })
  const twice = headers.find((header, index) => headers.indexOf(header) !== index)
  if (twice !== undefined) throw new Error(`${expected}; ${network} has ${twice} twice`)
  return { network, headers }
}

function words(text: string): readonly string[] {
  return text.split(/[\s,+>]+/).filter((word) => word !== '')
}

/** Two rules for one network would be ambiguous. */
function unlike(rules: readonly IdentityRule[]): readonly IdentityRule[] {
  const twice = rules.find(({ network }, index) => rules.findIndex((other) => other.network === network) !== index)
  if (twice) throw new Error(`${expected}; ${twice.network} stands there twice`)
  return rules
}
