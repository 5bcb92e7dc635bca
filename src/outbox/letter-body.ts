import type { Letter } from './message.js'

/** A part of a letter: a paragraph, a link, or a table of figures (`lines`: the same for plain text). */
export type Part =
  | string
  | { readonly link: string; readonly text: string }
  | {
      readonly caption: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly string[])[]
      readonly lines: readonly string[]
    }

/**
 * A letter as plain text and as equivalent HTML. The HTML is a page with a language, a title, a heading and real tables, in the reader's own typeface and size. It loads nothing
 * from anywhere: no picture, no script, no style sheet.
 */
export function bodyOf(subject: string, parts: readonly Part[], url: string): Pick<Letter, 'text' | 'html'> {
  const foot = `This message was sent by a machine; answers to it are read by nobody. What you are sent is up to you: ${url}/account`
  return {
    text: [...parts.flatMap((part) => [...asText(part), '']), `Ringround\n${url}`, '', foot].join('\n'),
    html: page(subject, parts.map(asHtml).join('\n'), url),
  }
}

function asText(part: Part): readonly string[] {
  if (typeof part === 'string') return [part]
  return 'link' in part ? [part.link] : part.lines
}

function asHtml(part: Part): string {
  if (typeof part === 'string') return `<p>${escaped(part)}</p>`
  if ('link' in part) return `<p><a href="${escaped(part.link)}">${escaped(part.text)}</a></p>`
  const heads = part.columns.map((column) => `<th scope="col" style="${cell}">${escaped(column)}</th>`).join('')
  const rows = part.rows.map(
    ([first = '', ...others]) =>
      `<tr><th scope="row" style="${cell}font-weight:normal">${escaped(first)}</th>${others.map((one) => `<td style="${cell}">${escaped(one)}</td>`).join('')}</tr>`,
  )
  return `<table style="border-collapse:collapse"><caption style="text-align:left;font-weight:bold;padding:8px 0">${escaped(part.caption)}</caption><thead><tr>${heads}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

const cell = 'text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid #d8dde0;vertical-align:top;overflow-wrap:anywhere;'

function page(subject: string, body: string, url: string): string {
  const account = escaped(`${url}/account`)
  return `<!doctype html>
<html lang="en-GB">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(subject)}</title></head>
<body style="font-family:Arial,sans-serif;line-height:1.5;color:#212b32;background:#ffffff;margin:0;padding:16px">
<main style="max-width:40em">
<h1 style="font-size:1.4em">${escaped(subject)}</h1>
${body}
<p style="border-top:1px solid #d8dde0;padding-top:8px"><a href="${escaped(url)}">Ringround</a>. This message was sent by a machine; answers to it are read by nobody. What you are sent is up to you: <a href="${account}">your account</a>.</p>
</main>
</body>
</html>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
