import { missingSentences } from '../prompts/prompt-files.js'
import { fine, wrong, type Finding } from './finding.js'

/** Whether every sentence has a file. */
export function promptFolder(prompts: string, names: string): Finding {
  const missing = missingSentences({ prompts, cache: names })
  if (missing.length === 0) return fine(`${prompts}: every sentence is there`)
  return wrong(`${prompts}: ${missing.length} sentences are missing, the first: ${missing[0] ?? ''}`, 'npm run prompts renders them')
}
