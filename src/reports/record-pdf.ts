import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import PDFDocument from 'pdfkit'
import type { RecordLine } from './record-text.js'

/** The contents of a call's PDF, in words ready for layout. */
export interface RecordDocument {
  readonly title: string
  readonly lines: readonly RecordLine[]
  /** Above the second list. Default: `What happened`. */
  readonly storyTitle?: string
  /** What happened, in order. `into`: how far into the call, or when. */
  readonly story: readonly { readonly into: string; readonly what: string }[]
  /** At the foot of each page. */
  readonly foot: string
  /** Wall-clock ms. */
  readonly madeAt: number
}

const margin = 56
const keyWidth = 130
const timeWidth = 110

/** A page or two for a patient's record: fonts embedded, tagged for screen readers. */
export async function recordPdf({ title, lines, storyTitle = 'What happened', story, foot, madeAt }: RecordDocument): Promise<Uint8Array> {
  const document = new PDFDocument({
    size: 'A4',
    margin,
    pdfVersion: '1.7',
    tagged: true,
    displayTitle: true,
    lang: 'en-GB',
    bufferPages: true,
    info: { Title: title, Author: 'Ringround', CreationDate: new Date(madeAt) },
  })
  const pieces: Buffer[] = []
  const whole = new Promise<Uint8Array>((resolve, reject) => {
    document.on('data', (piece: Buffer) => pieces.push(piece))
    document.on('end', () => resolve(new Uint8Array(Buffer.concat(pieces))))
    document.on('error', reject)
  })
  document.registerFont('text', font('DejaVuSans.ttf')).registerFont('bold', font('DejaVuSans-Bold.ttf'))
  const root = document.struct('Document')
  document.addStructure(root)
  const width = document.page.width - 2 * margin
  const heading = (level: 'H1' | 'H2', text: string, size: number) => {
    const part = document.struct(level, {}, () => {
      document.font('bold').fontSize(size).text(text, margin, undefined, { width })
    })
    root.add(part)
    document.moveDown(0.5)
  }
  /** A name and its value, side by side. */
  const pair = (list: PDFKit.PDFStructureElement, name: string, value: string, nameWidth: number) => {
    document.fontSize(10)
    const height = Math.max(
      document.font('bold').heightOfString(name, { width: nameWidth - 8 }),
      document.font('text').heightOfString(value, { width: width - nameWidth }),
    )
    if (document.y + height > document.page.height - margin - 24) document.addPage()
    const top = document.y
    // Attached first: a part is drawn once attached to the document, on the current page.
    const item = document.struct('LI')
    list.add(item)
    item.add(document.struct('Lbl', {}, () => void document.font('bold').text(name, margin, top, { width: nameWidth - 8 })))
    item.add(
      document.struct('LBody', {}, () => void document.font('text').text(value, margin + nameWidth, top, { width: width - nameWidth })),
    )
    item.end()
    document.x = margin
    document.y = top + height + 5
  }
  const pairs = (all: readonly { readonly name: string; readonly value: string }[], nameWidth: number) => {
    const list = document.struct('L')
    root.add(list)
    for (const { name, value } of all) pair(list, name, value, nameWidth)
    list.end()
    document.moveDown(1)
  }
  heading('H1', title, 16)
  pairs(lines, keyWidth)
  heading('H2', storyTitle, 12)
  pairs(
    story.map(({ into, what }) => ({ name: into, value: what })),
    timeWidth,
  )
  root.end()
  const { start, count } = document.bufferedPageRange()
  for (let page = start; page < start + count; page++) {
    document.switchToPage(page)
    // Running headers and footers are not read aloud.
    document.markContent('Artifact', { type: 'Pagination' })
    document.page.margins.bottom = 0
    document
      .font('text')
      .fontSize(8)
      .text(`${foot} – page ${page - start + 1} of ${count}`, margin, document.page.height - margin + 16, { width, lineBreak: false })
    document.endMarkedContent()
  }
  document.end()
  return whole
}

/** DejaVu: Latin, Greek and Cyrillic, free to be embedded. */
function font(name: string): Buffer {
  return readFileSync(join(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'), '..', 'ttf', name))
}
