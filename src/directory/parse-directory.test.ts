import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lineChoices } from './access.js'
import { numberUse } from './dialled-number.js'
import { parseDirectory } from './parse-directory.js'
import { huntCandidates, poolCandidates } from './rota.js'

const demo = readFileSync(new URL('../../config/directory.yaml', import.meta.url), 'utf8')

describe('the demo world', () => {
  it('has no errors, and only advice that is meant', () => {
    const parsed = parseDirectory(demo, 'config/directory.yaml')
    expect(parsed).toMatchObject({ ok: true })
    if (!parsed.ok) return
    expect(parsed.advice.map((advice) => advice.message)).toEqual(['the rota of cardiac-rehab-call-back has few numbers in "Office hours" on mon, "Office hours" on tue, "Office hours" on wed and 2 more'])
  })

  it('offers one line at Orrin Bridge, and several at Elm Row', () => {
    const parsed = parseDirectory(demo, 'config/directory.yaml')
    if (!parsed.ok) throw new Error('the demo world has errors')
    const { directory } = parsed
    const at = Date.UTC(2026, 0, 14, 11)
    expect(numberUse(directory, '+441632960001')).toEqual({ kind: 'dialIn', organisation: 'elm-row' })
    expect(numberUse(directory, '01632960001')).toEqual({ kind: 'dialIn', organisation: 'elm-row' })
    expect(lineChoices(directory, 'elm-row', at).map((choice) => choice.line.id)).toEqual(['cardiology', 'paediatrics-urgent', 'acute-medicine-dvt'])
    expect(lineChoices(directory, 'orrin-bridge', at).map((choice) => choice.line.id)).toEqual(['cardiology'])
    const cardiology = directory.lines.get('cardiology')
    if (cardiology === undefined) throw new Error('no cardiology')
    expect(huntCandidates(directory, cardiology, at).map((candidate) => candidate.key)).toEqual(['clinician:dr-lindqvist', 'clinician:dr-okafor', 'clinician:dr-prasad'])
    expect(poolCandidates(directory, 'cardiology').map((candidate) => candidate.key)).toEqual(['clinician:dr-nakamura'])
  })
})
