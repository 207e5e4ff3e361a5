// The tree to a program over bytes (assembly/regex/machine.ts draws it). Made from the end to the beginning: every instruction is
// told what comes after it.
import type { Ranges } from './ranges.ts'
import { type Look, type Node, RegexSyntaxError } from './parse.ts'

export type Instruction =
  | { op: 'byte'; low: number; high: number; next: number }
  /** table: u8[256], 0 for none, else 1 + an index into targets. */
  | { op: 'table'; table: Uint8Array; targets: number[] }
  | { op: 'split'; next: number; other: number }
  | { op: 'save'; slot: number; next: number }
  | { op: 'look'; what: Look; next: number }
  | { op: 'match' }

export interface Program {
  instructions: Instruction[]
  start: number
  /** Two for the whole match and each group. */
  slots: number
  /** Class of each byte: bytes that no instruction tells apart are one. */
  classes: Uint8Array
  /** A byte of each class. */
  representatives: Uint8Array
  looks: Set<Look>
}

/** The DFA numbers instructions in 16 bits. */
const instructionsMax = 50_000

/** bytes: the text is bytes, not UTF-8: a code point is a byte. */
export function compileProgram(node: Node, groups: number, bytes: boolean): Program {
  const compiler = new Compiler(bytes)
  const start = compiler.compile(node, compiler.emit({ op: 'match' }))
  const { instructions } = compiler
  const looks = new Set(instructions.flatMap(instruction => (instruction.op === 'look' ? [instruction.what] : [])))
  return { instructions, start, slots: 2 * (groups + 1), looks, ...byteClasses(instructions, looks) }
}

class Compiler {
  readonly instructions: Instruction[] = []
  /** Byte sequences that end alike are shared. */
  readonly #shared = new Map<string, number>()
  readonly #tables = new Map<string, Uint8Array>()

  constructor(readonly bytes: boolean) {}

  emit(instruction: Instruction): number {
    if (this.instructions.length >= instructionsMax) throw new RegexSyntaxError('pattern too large - compile failed')
    return this.instructions.push(instruction) - 1
  }

  compile(node: Node, next: number): number {
    switch (node.kind) {
      case 'empty':
        return next
      case 'set':
        return this.#set(node.ranges, next)
      case 'anyByte':
        return this.emit({ op: 'byte', low: 0, high: 255, next })
      case 'look':
        return this.emit({ op: 'look', what: node.what, next })
      case 'group': {
        const close = this.emit({ op: 'save', slot: 2 * node.index + 1, next })
        return this.emit({ op: 'save', slot: 2 * node.index, next: this.compile(node.node, close) })
      }
      case 'concat':
        return node.nodes.reduceRight((after, inner) => this.compile(inner, after), next)
      case 'alternate':
        return node.nodes
          .map(inner => this.compile(inner, next))
          .reduceRight((other, entry) => this.emit({ op: 'split', next: entry, other }))
      case 'repeat':
        return this.#repeat(node, next)
    }
  }

  #split(body: number, after: number, greedy: boolean): number {
    return this.emit({ op: 'split', next: greedy ? body : after, other: greedy ? after : body })
  }

  #repeat({ node, min, max, greedy }: Node & { kind: 'repeat' }, next: number): number {
    let entry = next
    if (max === Number.POSITIVE_INFINITY) {
      const loop = this.emit({ op: 'split', next, other: next })
      const body = this.compile(node, loop)
      this.instructions[loop] = { op: 'split', next: greedy ? body : next, other: greedy ? next : body }
      // At least once: in at the body. A body that may be empty is `(x+)?`, so that it is tried before it is passed by.
      if (min > 0) entry = body
      else entry = canBeEmpty(node) ? this.#split(body, next, greedy) : loop
      for (let i = 1; i < min; i++) entry = this.compile(node, entry)
      return entry
    }
    // x{2,4} is xx(x(x)?)?
    for (let i = min; i < max; i++) entry = this.#split(this.compile(node, entry), next, greedy)
    for (let i = 0; i < min; i++) entry = this.compile(node, entry)
    return entry
  }

  #set(ranges: Ranges, next: number): number {
    if (this.bytes) {
      const pairs: Edge[] = []
      for (let i = 0; i < ranges.length && ranges[i] < 256; i += 2)
        pairs.push({ low: ranges[i], high: Math.min(ranges[i + 1], 255), target: next })
      return this.#edges(pairs)
    }
    return this.#edges(this.#utf8(ranges, next))
  }

  /** One byte, by edges that do not overlap. None: an instruction that always fails. */
  #edges(edges: readonly Edge[]): number {
    const key = edges.map(edge => `${edge.low}-${edge.high}>${edge.target}`).join(' ')
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    let pc: number
    if (edges.length === 1)
      pc = this.emit({ op: 'byte', low: edges[0].low, high: edges[0].high, next: edges[0].target })
    else {
      const targets = [...new Set(edges.map(edge => edge.target))]
      const table = new Uint8Array(256)
      for (const edge of edges) table.fill(targets.indexOf(edge.target) + 1, edge.low, edge.high + 1)
      const same = table.join()
      if (!this.#tables.has(same)) this.#tables.set(same, table)
      pc = this.emit({ op: 'table', table: this.#tables.get(same)!, targets })
    }
    this.#shared.set(key, pc)
    return pc
  }

  /** First bytes of the code points, and where each goes on. */
  #utf8(ranges: Ranges, next: number): Edge[] {
    const sequences: Sequence[] = []
    for (let i = 0; i < ranges.length; i += 2) addSequences(ranges[i], ranges[i + 1], sequences)
    return this.#trie(sequences, 0, next)
  }

  #trie(sequences: readonly Sequence[], depth: number, next: number): Edge[] {
    const edges: Edge[] = []
    for (let i = 0; i < sequences.length; ) {
      const [low, high] = sequences[i][depth]
      let end = i + 1
      while (end < sequences.length && sequences[end][depth][0] === low && sequences[end][depth][1] === high) end++
      const same = sequences.slice(i, end)
      const target = same[0].length === depth + 1 ? next : this.#edges(this.#trie(same, depth + 1, next))
      edges.push({ low, high, target })
      i = end
    }
    return joinEdges(edges)
  }
}

interface Edge {
  low: number
  high: number
  target: number
}

/** Neighbours that go to the same place are one edge. */
function joinEdges(edges: readonly Edge[]): Edge[] {
  const joined: Edge[] = []
  for (const edge of edges) {
    const last = joined[joined.length - 1]
    if (last && last.target === edge.target && last.high + 1 === edge.low) last.high = edge.high
    else joined.push({ ...edge })
  }
  return joined
}

/** A byte range for each byte of some code points of one length. */
type Sequence = readonly (readonly [low: number, high: number])[]

const continuation = [0x80, 0xbf] as const

/** Byte sequences of the code points first to last, in order. */
function addSequences(first: number, last: number, out: Sequence[]): void {
  // All that is not ASCII: overlong forms and more than there is pass, which makes programs and tables small. RE2 does the same.
  if (first <= 0x80 && last === 0x10ffff) {
    if (first < 0x80) out.push([[first, 0x7f]])
    out.push([[0xc2, 0xdf], continuation])
    out.push([[0xe0, 0xef], continuation, continuation])
    out.push([[0xf0, 0xf4], continuation, continuation, continuation])
    return
  }
  for (const limit of [0x7f, 0x7ff, 0xffff])
    if (first <= limit && last > limit) {
      addSequences(first, limit, out)
      addSequences(limit + 1, last, out)
      return
    }
  if (last <= 0x7f) {
    out.push([[first, last]])
    return
  }
  // Cut until all continuation bytes below the first difference are full ranges.
  for (let i = 1; i < 4; i++) {
    const mask = (1 << (6 * i)) - 1
    if ((first & ~mask) === (last & ~mask)) continue
    if ((first & mask) !== 0) {
      addSequences(first, first | mask, out)
      addSequences((first | mask) + 1, last, out)
      return
    }
    if ((last & mask) !== mask) {
      addSequences(first, (last & ~mask) - 1, out)
      addSequences(last & ~mask, last, out)
      return
    }
  }
  const low = encodePoint(first)
  const high = encodePoint(last)
  out.push(low.map((byte, i) => [byte, high[i]] as const))
}

/** UTF-8 of a code point; of surrogates too. */
export function encodePoint(point: number): number[] {
  if (point < 0x80) return [point]
  if (point < 0x800) return [0xc0 | (point >> 6), 0x80 | (point & 63)]
  if (point < 0x10000) return [0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)]
  return [0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)]
}

function canBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case 'empty':
    case 'look':
      return true
    case 'set':
    case 'anyByte':
      return false
    case 'group':
      return canBeEmpty(node.node)
    case 'concat':
      return node.nodes.every(canBeEmpty)
    case 'alternate':
      return node.nodes.some(canBeEmpty)
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.node)
  }
}

const isWordByte = (byte: number): boolean => /\w/.test(String.fromCharCode(byte))

function byteClasses(
  instructions: readonly Instruction[],
  looks: Set<Look>,
): { classes: Uint8Array; representatives: Uint8Array } {
  const splits: ((byte: number) => number)[] = []
  const seen = new Set<string | Uint8Array>()
  for (const instruction of instructions) {
    if (instruction.op === 'byte') {
      const { low, high } = instruction
      const key = `${low}-${high}`
      if (!seen.has(key)) splits.push(byte => (byte >= low && byte <= high ? 1 : 0))
      seen.add(key)
    } else if (instruction.op === 'table') {
      const { table } = instruction
      if (!seen.has(table)) splits.push(byte => table[byte])
      seen.add(table)
    }
  }
  if (looks.has('beginLine') || looks.has('endLine')) splits.push(byte => (byte === 10 ? 1 : 0))
  if (looks.has('wordBoundary') || looks.has('noWordBoundary')) splits.push(byte => (isWordByte(byte) ? 1 : 0))
  // Refined split by split: the class of a byte is the pair of its class so far and the split's answer.
  let classes = new Uint8Array(256)
  for (const split of splits) {
    const numbers = new Map<number, number>()
    classes = classes.map((number, byte) => {
      const pair = number * 256 + split(byte)
      if (!numbers.has(pair)) numbers.set(pair, numbers.size)
      return numbers.get(pair)!
    })
  }
  const representatives = new Uint8Array(Math.max(...classes) + 1)
  classes.forEach((number, byte) => {
    representatives[number] = byte
  })
  return { classes, representatives }
}
