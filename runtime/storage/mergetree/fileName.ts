import { decodeText, encodeText } from '../../core/text.ts'

/** Names of databases, tables, columns and indices as file names: letters, digits and `_` stay, other bytes become %XX. */
export function escapeFileName(name: string): string {
  if (/^[0-9A-Za-z_]*$/.test(name)) return name
  let escaped = ''
  for (const byte of encodeText(name)) {
    const char = String.fromCharCode(byte)
    escaped += /[0-9A-Za-z_]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return escaped
}

/** The inverse of escapeFileName; a `%` that starts no byte stays. */
export function unescapeFileName(name: string): string {
  if (!name.includes('%')) return name
  const bytes: number[] = []
  for (let i = 0; i < name.length; i++) {
    const hex = name[i] === '%' ? name.slice(i + 1, i + 3) : ''
    if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16))
      i += 2
    } else bytes.push(...encodeText(name[i]))
  }
  return decodeText(Uint8Array.from(bytes))
}
