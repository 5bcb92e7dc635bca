import { createHash } from 'node:crypto'
import { weightCount, type NetFile } from '../../src/words/net.js'
import { Chance } from './chance.js'
import type { Example } from './examples.js'
import { Learning, rates } from './learning.js'

/** Of what is not the word, no more than this share may be taken for it: of words near to it, and of others. */
export interface MostTaken {
  readonly near: number
  readonly other: number
}

/** Trains the net and chooses its threshold. The same examples and seed give the same file, to the byte. */
export function trained(
  examples: readonly Example[],
  tuning: readonly Example[],
  {
    seed,
    epochs,
    most,
    tell = () => undefined,
  }: { readonly seed: string; readonly epochs: number; readonly most: MostTaken; readonly tell?: (line: string) => void },
): NetFile {
  const learning = new Learning(new Chance(`${seed}/net`))
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const loss = learning.epoch(examples, 0.002 * 0.5 * (1 + Math.cos((Math.PI * epoch) / (epochs + 1))), 1)
    if (epoch % 2 !== 0 && epoch !== epochs) continue
    const { heard, near, other } = rates(learning.weights, tuning, 0.7)
    tell(
      `epoch ${epoch}: loss ${loss.toFixed(4)}; at 0.7 ${percent(heard)} heard, ${percent(near)} of near words, ${percent(other)} of others`,
    )
  }
  return {
    ...packed(learning.weights),
    threshold: chosen(learning.weights, tuning, most),
    made: `training/word, seed ${seed}, ${epochs} epochs; Debian's synthesisers, and recordings out of its packages (docs/words.md)`,
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** The lowest threshold that keeps to the shares, 0.5 to 0.97. */
function chosen(weights: Float32Array, examples: readonly Example[], most: MostTaken): number {
  for (let threshold = 0.5; threshold < 0.97; threshold += 0.01) {
    const { near, other } = rates(weights, examples, threshold)
    if (near <= most.near && other <= most.other) return Math.round(threshold * 100) / 100
  }
  return 0.97
}

function packed(weights: Float32Array): Pick<NetFile, 'word' | 'weights' | 'scale' | 'sha256'> {
  const scale = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 32_767
  const bytes = Buffer.alloc(weightCount * 2)
  for (const [index, weight] of weights.entries()) bytes.writeInt16LE(Math.round(weight / scale), index * 2)
  return { word: 'one', weights: bytes.toString('base64'), scale, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** `src/words/one-net.ts`, as it is written: laid out as Prettier does it. */
export function source(file: NetFile): string {
  const lines = Object.entries(file).map(([name, value]: [string, string | number]) => {
    const text = typeof value === 'number' ? String(value) : value.includes("'") ? JSON.stringify(value) : `'${value}'`
    const line = `  ${name}: ${text},`
    return line.length > 140 ? `  ${name}:\n    ${text},` : line
  })
  return `import type { NetFile } from './net.js'\n\n/** Written by \`npm run train-word\`; not to be changed by hand. */\nexport const oneNet: NetFile = {\n${lines.join('\n')}\n}\n`
}
