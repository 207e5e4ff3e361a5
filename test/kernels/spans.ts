// What the text kernels' tests share: strings in, spans and string columns out.
import type { Arena, Memory } from '../../runtime/core/memory.ts'

export interface Spans {
  starts: number
  ends: number
  base: number
  rows: number
}

/** Lays texts out one behind the other, with something between them that is none of theirs. */
export function spansOf(memory: Memory, arena: Arena, texts: (string | Uint8Array)[]): Spans {
  const encoded = texts.map(text => (typeof text === 'string' ? new TextEncoder().encode(text) : text))
  const rows = texts.length
  const starts = arena.allocate(rows * 4)
  const ends = arena.allocate(rows * 4)
  const base = arena.allocate(encoded.reduce((sum, bytes) => sum + bytes.length + 1, 1))
  let at = 1
  for (const [row, bytes] of encoded.entries()) {
    memory.copyIn(base + at, bytes)
    memory.u32[starts / 4 + row] = at
    at += bytes.length
    memory.u32[ends / 4 + row] = at
    memory.u8[base + at++] = 0x37
  }
  return { starts, ends, base, rows }
}

export function spanTexts(memory: Memory, spans: Spans): string[] {
  return Array.from({ length: spans.rows }, (_, row) => {
    const start = memory.u32[spans.starts / 4 + row]
    return memory.text(spans.base + start, memory.u32[spans.ends / 4 + row] - start)
  })
}

/** Runs a printer into fresh memory and gives its strings. */
export function printed(
  memory: Memory,
  arena: Arena,
  rows: number,
  bytesEach: number,
  print: (offsets: number, bytes: number) => number,
): string[] {
  const offsets = arena.allocate((rows + 1) * 4)
  const bytes = arena.allocate(rows * bytesEach + 16)
  memory.u8.fill(0xee, bytes, bytes + rows * bytesEach + 80)
  const size = print(offsets, bytes)
  const at = memory.u32.slice(offsets / 4, offsets / 4 + rows + 1)
  if (at[0] !== 0 || at[rows] !== size) throw new Error('offsets do not go from 0 to the size')
  if (size > rows * bytesEach) throw new Error('more bytes than a value may take')
  if (memory.u8[bytes + size + 32] !== 0xee) throw new Error('wrote far behind its bytes')
  return Array.from({ length: rows }, (_, row) => memory.text(bytes + at[row], at[row + 1] - at[row]))
}
