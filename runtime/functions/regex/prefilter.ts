// What can be said of every match without running the program: what it begins with, and what it holds.
import { type Program, encodePoint } from './compile.ts'
import type { Node } from './parse.ts'

/** 32 bytes: bit h of byte l says that 16 * h + l is in the set; the second half is for bytes from 128 (assembly/strings/scan.ts). */
export function byteSet(has: (byte: number) => boolean): Uint8Array {
  const set = new Uint8Array(32)
  for (let byte = 0; byte < 256; byte++) if (has(byte)) set[(byte & 15) | ((byte >> 7) << 4)] |= 1 << ((byte >> 4) & 7)
  return set
}

/** The bytes that a match can begin with; null if it can be empty or begin with nearly any. */
export function firstBytes({ instructions, start }: Program): Uint8Array | null {
  const can = new Uint8Array(256)
  const visited = new Set([start])
  const stack = [start]
  while (stack.length > 0) {
    const instruction = instructions[stack.pop()!]
    const follow = (pc: number) => {
      if (!visited.has(pc)) stack.push(pc)
      visited.add(pc)
    }
    if (instruction.op === 'match') return null
    if (instruction.op === 'byte') can.fill(1, instruction.low, instruction.high + 1)
    else if (instruction.op === 'table')
      instruction.table.forEach((which, byte) => which && can.fill(1, byte, byte + 1))
    else {
      follow(instruction.next)
      if (instruction.op === 'split') follow(instruction.other)
    }
  }
  return can.reduce((sum, one) => sum + one, 0) > 128 ? null : byteSet(byte => can[byte] === 1)
}

/** Whether every match begins at the text's begin. */
export function isAnchored(node: Node): boolean {
  if (node.kind === 'look') return node.what === 'beginText'
  if (node.kind === 'group') return isAnchored(node.node)
  if (node.kind === 'concat') return isAnchored(node.nodes[0])
  return node.kind === 'alternate' && node.nodes.every(isAnchored)
}

export interface Literals {
  /** Bytes that every match begins with; in front of any group where the pattern is anchored to the text's begin. */
  prefix: Uint8Array
  /** The longest run of bytes that every match holds. */
  required: Uint8Array
  /** The prefix is all there is: no classes, choices or groups. */
  exact: boolean
}

/** bytes: a code point is a byte. */
export function findLiterals(node: Node, bytes: boolean): Literals {
  const runs: number[][] = [[]]
  let exact = true
  /** Ends the run of bytes that lie side by side. */
  const cut = () => {
    exact = false
    runs.push([])
  }
  const walk = (part: Node): void => {
    switch (part.kind) {
      case 'empty':
        return
      case 'set': {
        const [first, last] = part.ranges
        if (part.ranges.length !== 2 || first !== last) cut()
        else runs[runs.length - 1].push(...(bytes ? [first] : encodePoint(first)))
        return
      }
      case 'group':
        exact = false
        walk(part.node)
        return
      case 'concat':
        for (const inner of part.nodes) walk(inner)
        return
      case 'repeat':
        cut()
        if (part.min > 0) {
          walk(part.node)
          cut()
        }
        return
      default:
        cut()
    }
  }
  walk(node)
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best))
  const prefix = isAnchored(node) ? anchoredPrefix(node, bytes) : runs[0]
  return { prefix: Uint8Array.from(prefix), required: Uint8Array.from(longest), exact }
}

/** What stands directly behind the `^` at a pattern's begin. */
function anchoredPrefix(node: Node, bytes: boolean): number[] {
  if (node.kind !== 'concat' || node.nodes[0].kind !== 'look') return []
  const prefix: number[] = []
  for (const part of node.nodes.slice(1)) {
    if (part.kind !== 'set' || part.ranges.length !== 2 || part.ranges[0] !== part.ranges[1]) break
    prefix.push(...(bytes ? [part.ranges[0]] : encodePoint(part.ranges[0])))
  }
  return prefix
}
