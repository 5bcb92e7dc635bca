import { Readable } from 'node:stream'
import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { ReportDesk } from './report-desk.js'

function opened(): ReportDesk {
  const desk = new ReportDesk()
  onTestFinished(() => desk.close())
  return desk
}

const document = {
  title: 'Cardiology, 2 March 2026 at 09:30',
  lines: [
    { name: 'Line', value: 'Cardiology, St Bride’s Hospital' },
    { name: 'Specialist', value: 'Dr Łucja Żółć' },
  ],
  story: Array.from({ length: 120 }, (_, index) => ({
    into: `0:${index}`,
    what: 'Dr Ada Okafor was rung for 20 s, and nobody answered, which is told at such length that it needs two lines',
  })),
  foot: 'Ringround, call one',
  madeAt: Date.UTC(2026, 2, 2),
}

test('a PDF has its fonts in it, is tagged, says its language and title, and goes on over pages', async () => {
  const pdf = Buffer.from(await opened().pdf(document)).toString('latin1')
  expect(pdf.startsWith('%PDF-1.7')).toBe(true)
  const text = [pdf, ...streamsOf(pdf)].join('\n')
  expect(text).toContain('/MarkInfo')
  expect(text).toMatch(/\/Lang \(?.*en-GB/)
  for (const tag of ['Document', 'H1', 'H2', 'L', 'LI', 'Lbl', 'LBody']) expect(text, tag).toContain(`/S /${tag}\n`)
  expect(text).toContain('/FontFile2')
  const pages = streamsOf(pdf).filter((stream) => /\bBDC\b/.test(stream))
  expect(pages).toHaveLength(text.match(/\/Type \/Page\n/g)?.length ?? 0)
  // Each page has its share of names, values and the footer.
  const pieces = pages.map((stream) => stream.match(/^BT$/gm)?.length ?? 0)
  expect(pieces.length).toBeGreaterThan(3)
  for (const count of pieces.slice(0, -1)) expect(count).toBeGreaterThan(60)
  expect(Math.max(...pieces)).toBeLessThan(140)
})

test('work that fails in the thread rejects, and later work is still done', async () => {
  const desk = opened()
  await expect(desk.waveform('broken', () => Promise.reject(new Error('there is no such file')))).rejects.toThrow('there is no such file')
  const failing = new Readable({
    read() {
      this.destroy(new Error('cut off'))
    },
  })
  await expect(desk.waveform('broken', () => Promise.resolve(failing))).rejects.toThrow('cut off')
  // A file that is not an MP3 has no sound.
  expect(await desk.waveform('text', () => Promise.resolve(Readable.from([readFileSync('package.json')])))).toMatchObject({
    left: [],
    right: [],
  })
  expect((await desk.pdf(document)).length).toBeGreaterThan(10_000)
  await desk.close()
  await expect(desk.pdf(document)).rejects.toThrow('closing down')
})

function streamsOf(pdf: string): readonly string[] {
  return [...pdf.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].flatMap(([, body = '']) => {
    try {
      return [inflateSync(Buffer.from(body, 'latin1')).toString('latin1')]
    } catch {
      return []
    }
  })
}
