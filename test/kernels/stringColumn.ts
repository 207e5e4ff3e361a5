import type { Memory } from '../../runtime/core/memory.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { decodeText, encodeText } from '../../runtime/core/text.ts'

/** Strings laid out as a column, with offsets that do not start at 0. */
export function layStrings(memory: Memory, strings: readonly string[]) {
  const arena = new Arena(memory)
  const texts = strings.map(encodeText)
  const total = texts.reduce((sum, text) => sum + text.length, 0)
  const first = 5
  const bytes = arena.allocate(first + total)
  const offsets = arena.allocate((texts.length + 1) * 4)
  memory.bytes(bytes, first).fill(97)
  let at = first
  texts.forEach((text, i) => {
    memory.copyIn(bytes + at, text)
    memory.u32[offsets / 4 + i] = at
    at += text.length
  })
  memory.u32[offsets / 4 + texts.length] = at
  return { arena, offsets, bytes, rows: texts.length }
}

export type LaidStrings = ReturnType<typeof layStrings>

/** A needle or prefix in memory. */
export function lay(arena: Arena, text: string): { pointer: number; size: number } {
  return arena.memory.writeText(arena, text)
}

export function readStrings(memory: Memory, offsets: number, bytes: number, rows: number): string[] {
  return Array.from({ length: rows }, (_, i) => {
    const [start, end] = [memory.u32[offsets / 4 + i], memory.u32[offsets / 4 + i + 1]]
    return decodeText(memory.bytes(bytes + start, end - start))
  })
}
