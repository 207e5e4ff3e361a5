import { decodeText } from '../core/text.ts'

export type Parameter = readonly [name: string, value: string]

/**
 * The parameters behind the `?` of a request target, in order, percent-decoded. Bytes that are not UTF-8 survive, as a query may hold
 * any: they become the text that encodeText turns back into them.
 */
export function parseUrlParameters(target: string): Parameter[] {
  const mark = target.indexOf('?')
  if (mark < 0) return []
  const fragment = target.indexOf('#', mark)
  const text = target.slice(mark + 1, fragment < 0 ? undefined : fragment)
  const parameters: Parameter[] = []
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    if (equals < 0) parameters.push([decode(pair), ''])
    else parameters.push([decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))])
  }
  return parameters
}

/** Characters above 0xff do not occur in a request's target as it came in; those up to it stand for bytes. */
function decode(text: string): string {
  if (!/[%+\x80-\uffff]/.test(text)) return text
  const bytes = new Uint8Array(text.length)
  let size = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0x2b) bytes[size++] = 0x20
    else if (unit === 0x25 && /^[0-9a-fA-F]{2}$/.test(text.slice(i + 1, i + 3))) {
      bytes[size++] = Number.parseInt(text.slice(i + 1, i + 3), 16)
      i += 2
    } else bytes[size++] = unit
  }
  return decodeText(bytes.subarray(0, size))
}
