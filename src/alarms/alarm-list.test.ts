import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alarmList, alarmTable, entryOf, kindOf, type AlarmEntry, type AlarmKind } from './alarm-list.js'

const root = new URL('../../', import.meta.url).pathname
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('alarm-list.ts'))
  .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
const entries = Object.entries(alarmList) as [AlarmKind, AlarmEntry][]

/** An alarm's name in the source: alone, or with its subject after it. */
const named = (kind: AlarmKind) => new RegExp(`['\`]${kind}(: \\$\\{[^}]+\\})?['\`]`)
const cleared = (kind: AlarmKind) => new RegExp(`\\.clear\\(['\`]${kind}['\`:]`)

describe('the list of alarms', () => {
  it('is closed: a new one changes this count, and has a meaning, an urgency, and what to do', () => {
    expect(entries).toHaveLength(55)
  })

  it.each(entries)('has %s, which is raised somewhere', (kind) => {
    expect(sources.filter((text) => named(kind).test(text) && /\b(raise|raiseAlarm|#raise)\(/.test(text)).length).toBeGreaterThan(0)
  })

  it.each(entries)('says truly whether %s can be over', (kind, { untilRestart }) => {
    const over = sources.some(
      (text) => named(kind).test(text) && (cleared(kind).test(text) || /\.clear\((alarm|overload|alarmOf\(label\))\)/.test(text)),
    )
    expect(over).toBe(untilRestart !== true)
  })

  it('has a text of its own for each', () => {
    for (const words of [entries.map(([, { meaning }]) => meaning), entries.map(([, { action }]) => action)]) {
      expect(new Set(words).size).toBe(words.length)
      for (const one of words) expect(one).toMatch(/^[A-Z].*[.?)]$/)
    }
  })

  it('is the table in docs/alarms.md', () => {
    expect(readFileSync(join(root, 'docs/alarms.md'), 'utf8')).toContain(alarmTable())
  })

  it('knows the kind of an alarm by what stands before the colon', () => {
    expect(kindOf('trunk.failing: sip:odd')).toBe('trunk.failing')
    expect(entryOf('number.failing: Dr Okafor')).toBe(alarmList['number.failing'])
  })
})
