/**
 * The session description in the body of a SIP message: the body itself, or the first such part of a multipart body (RFC 5621), which
 * carriers send with ISUP or a location beside it.
 * @param contentType value of Content-Type; undefined where there is none, and a body that begins like one counts
 * @returns undefined where there is none
 */
export function descriptionIn(contentType: string | undefined, body: string | undefined): string | undefined {
  if (body === undefined || body.trim() === '') return undefined
  const type = mediaType(contentType)
  if (type === 'application/sdp') return body
  if (type.startsWith('multipart/')) return fromParts(contentType ?? '', body)
  return type === '' && /^\s*v\s*=/i.test(body) ? body : undefined
}

function mediaType(contentType = ''): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase()
}

function fromParts(contentType: string, body: string): string | undefined {
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) return undefined
  for (const part of `\r\n${body}`.split(`\n--${boundary}`).slice(1, 20)) {
    // `--` behind the boundary: the end; else the rest of its line, the headers of the part, an empty line, its body.
    if (part.startsWith('--')) return undefined
    const end = /\r?\n\r?\n/.exec(part)
    if (end === null) continue
    const header = /(?:^|\n)(?:content-type|c)[ \t]*:[ \t]*([^\r\n]*)/i.exec(part.slice(0, end.index))?.[1]
    const content = part.slice(end.index + end[0].length).replace(/\r$/, '')
    if (mediaType(header) === 'application/sdp' && content.trim() !== '') return content
  }
  return undefined
}
