// The table by which a program that never has a choice runs (assembly/regex/onePass.ts draws it).
import type { Program } from './compile.ts'
import type { Look } from './parse.ts'
import { byteSet } from './prefilter.ts'

export const lookNumbers: Record<Look, number> = {
  beginText: 1,
  endText: 2,
  beginLine: 3,
  endLine: 4,
  wordBoundary: 5,
  noWordBoundary: 6,
}

export interface OnePass {
  /** Rows of `stride` u32: match, loop (an index into sets, from 1; 0 for none), an action for each class. */
  table: Uint32Array
  stride: number
  /** Index of the first row's first u32. */
  start: number
  /** Pairs of conditions and slots. */
  effects: Uint32Array
  /** Sets of bytes at which a loop is left. */
  sets: Uint8Array[]
}

const statesMax = 1000
const effectsMax = 127
const slotsMax = 32
const wins = 0x80000000

/** null if some byte leaves a choice, or the table would be large. */
export function buildOnePass({ instructions, start, slots, classes, representatives }: Program): OnePass | null {
  if (slots > slotsMax) return null
  const stride = representatives.length + 2
  const states = new Map<number, number>([[start, 1]])
  const rows: number[][] = [[]]
  const effects: number[] = [0, 0]
  const effectNumbers = new Map<string, number>([['0,0', 0]])
  const effect = (looks: number, saves: number): number => {
    const key = `${looks},${saves}`
    let number = effectNumbers.get(key)
    if (number === undefined) {
      number = effectNumbers.size
      effectNumbers.set(key, number)
      effects.push(looks, saves)
    }
    return number
  }
  const sets: Uint8Array[] = []

  for (const [entry, state] of states) {
    if (states.size > statesMax || effectNumbers.size > effectsMax) return null
    const row = new Array<number>(stride).fill(0)
    const visited = new Set([entry])
    const stack = [{ pc: entry, looks: 0, saves: 0 }]
    while (stack.length > 0) {
      const { pc, looks, saves } = stack.pop()!
      const follow = (next: number, moreLooks = 0, moreSaves = 0): boolean => {
        if (visited.has(next)) return false
        visited.add(next)
        stack.push({ pc: next, looks: looks | moreLooks, saves: saves | moreSaves })
        return true
      }
      const instruction = instructions[pc]
      switch (instruction.op) {
        case 'match':
          if (row[0] !== 0) return null
          row[0] = effect(looks, saves) + 1
          break
        case 'split':
          // The preferred way is taken from the stack first.
          if (!follow(instruction.other) || !follow(instruction.next)) return null
          break
        case 'save':
          if (!follow(instruction.next, 0, 2 ** instruction.slot)) return null
          break
        case 'look':
          if (!follow(instruction.next, 1 << lookNumbers[instruction.what])) return null
          break
        default: {
          const number = effect(looks, saves)
          for (const [byteClass, byte] of representatives.entries()) {
            let next = -1
            if (instruction.op === 'table') {
              const which = instruction.table[byte]
              if (which > 0) next = instruction.targets[which - 1]
            } else if (byte >= instruction.low && byte <= instruction.high) next = instruction.next
            if (next < 0) continue
            if (!states.has(next)) states.set(next, states.size + 1)
            const action = (row[0] !== 0 ? wins : 0) + number * 0x1000000 + states.get(next)! * stride
            if (row[byteClass + 2] !== 0 && row[byteClass + 2] !== action) return null
            row[byteClass + 2] = action
          }
        }
      }
    }
    rows[state] = row
  }
  if (effectNumbers.size > effectsMax) return null

  const table = new Uint32Array(rows.length * stride)
  for (const [state, row] of rows.entries()) {
    if (state === 0) continue
    // A loop may be run through where ending within it would not be seen: no end, or one that later ones replace.
    const ending = row[0] === 0 ? 0 : effects[(row[0] - 1) * 2]
    const stays = (byte: number): boolean => row[classes[byte] + 2] === state * stride
    const canRun = ending === 0 || ending === 1 << lookNumbers.endText
    const loops = canRun && Array.from({ length: 256 }, (_, byte) => byte).some(stays)
    if (loops) row[1] = sets.push(byteSet(byte => !stays(byte)))
    table.set(row, state * stride)
  }
  return { table, stride, start: stride, effects: Uint32Array.from(effects), sets }
}
