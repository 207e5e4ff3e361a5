import { DBError } from '../../core/errors.ts'
import { Arena, type Memory } from '../../core/memory.ts'
import { encodeText } from '../../core/text.ts'
import { type Program, compileProgram } from './compile.ts'
import { type Look, RegexSyntaxError, type RegexFlags, parseRegex, regexError } from './parse.ts'
import { type Literals, findLiterals, firstBytes, isAnchored } from './prefilter.ts'

/** As assembly/regex/machine.ts numbers them. */
const lookNumbers: Record<Look, number> = {
  beginText: 1,
  endText: 2,
  beginLine: 3,
  endLine: 4,
  wordBoundary: 5,
  noWordBoundary: 6,
}

const flagAnchored = 1
const flagBegin = 2
const flagLines = 4
const flagWords = 8
const flagTagged = 16

/**
 * A regular expression, compiled into one core's memory. Taken from the cache by `regexFor` for the time of one call and never
 * kept: the cache destroys the oldest.
 */
export class Regex {
  /** Address for the kernels. */
  readonly machine: number
  readonly groups: number
  readonly names: readonly (string | undefined)[]
  readonly literals: Literals
  /** Address of literals.required. */
  readonly required: number
  readonly isAnchored: boolean
  readonly #arena: Arena

  constructor(
    readonly memory: Memory,
    readonly pattern: string,
    flags: RegexFlags,
  ) {
    const { points, bytes } = codePoints(pattern)
    let program: Program
    try {
      const { node, groups, names } = parseRegex(points, flags)
      this.groups = groups
      this.names = names
      this.literals = findLiterals(node, bytes)
      this.isAnchored = isAnchored(node)
      program = compileProgram(node, groups, bytes)
    } catch (error) {
      if (error instanceof RegexSyntaxError) throw regexError(pattern, error.message)
      if (error instanceof RangeError) throw regexError(pattern, 'expression nests too deeply')
      throw error
    }
    this.#arena = new Arena(memory)
    this.required = this.#place(this.literals.required)
    this.machine = this.#lay(program)
  }

  destroy(): void {
    this.#arena.destroy()
  }

  /** Throws if a group is asked for that the pattern does not have. */
  checkGroup(group: number): void {
    if (group > this.groups)
      throw new DBError(
        'BAD_ARGUMENTS',
        `Group ${group} of the regular expression ${this.pattern} is asked for, it has ${this.groups}`,
      )
  }

  #place(bytes: Uint8Array): number {
    const pointer = this.#arena.allocate(bytes.length)
    this.memory.copyIn(pointer, bytes)
    return pointer
  }

  #placeU32(numbers: ArrayLike<number>): number {
    const pointer = this.#arena.allocate(numbers.length * 4)
    this.memory.u32.set(numbers, pointer / 4)
    return pointer
  }

  /** Lays the program out as assembly/regex/machine.ts reads it. */
  #lay(program: Program): number {
    const { looks } = program
    const first = firstBytes(program)
    let flags = this.isAnchored ? flagAnchored : 0
    if (looks.has('beginText')) flags |= flagBegin
    if (looks.has('beginLine') || looks.has('endLine')) flags |= flagLines
    if (looks.has('wordBoundary') || looks.has('noWordBoundary')) flags |= flagWords
    if (program.slots <= 64 && program.instructions.length * program.slots <= 100_000) flags |= flagTagged
    const fields = [
      this.#arena.address,
      this.#layInstructions(program),
      program.instructions.length,
      program.start,
      flags,
      program.slots,
      this.#place(program.classes),
      program.representatives.length + 1,
      this.#place(program.representatives),
      this.#place(this.literals.prefix),
      this.literals.prefix.length,
      first ? this.#place(first) : 0,
      this.#arena.allocate(program.slots * 4),
      this.#arena.allocate(program.slots * 4),
    ]
    return this.#placeU32([...fields, ...new Array(24 - fields.length).fill(0)])
  }

  #layInstructions({ instructions }: Program): number {
    const tables = new Map<Uint8Array, number>()
    const words = new Uint32Array(instructions.length * 4)
    for (const [pc, instruction] of instructions.entries()) {
      const at = pc * 4
      switch (instruction.op) {
        case 'byte':
          words.set([(instruction.low << 8) | (instruction.high << 16), instruction.next], at)
          break
        case 'table': {
          const table = tables.get(instruction.table) ?? this.#place(instruction.table)
          tables.set(instruction.table, table)
          words.set([1, 0, table, this.#placeU32(instruction.targets)], at)
          break
        }
        case 'split':
          words.set([2, instruction.next, instruction.other], at)
          break
        case 'save':
          words.set([3, instruction.next, instruction.slot], at)
          break
        case 'look':
          words.set([4, instruction.next, lookNumbers[instruction.what]], at)
          break
        case 'match':
          words.set([5], at)
      }
    }
    return this.#placeU32(words)
  }
}

/** A pattern that is not UTF-8 is taken byte by byte, and so is the text then. */
function codePoints(pattern: string): { points: number[]; bytes: boolean } {
  const points: number[] = []
  for (const character of pattern) {
    const point = character.codePointAt(0)!
    if (point >= 0xd800 && point <= 0xdfff) return { points: [...encodeText(pattern)], bytes: true }
    points.push(point)
  }
  return { points, bytes: false }
}

const cachedMax = 64
const caches = new WeakMap<Memory, Map<string, Regex>>()

/** The compiled form of a pattern, kept for later chunks and queries. */
export function regexFor(memory: Memory, pattern: string, flags: RegexFlags): Regex {
  let cache = caches.get(memory)
  if (!cache) {
    cache = new Map()
    caches.set(memory, cache)
  }
  const key = `${flags.ignoreCase ? 'i' : ''}${flags.dotAll ? 's' : ''}${flags.lines ? 'm' : ''}/${pattern}`
  let regex = cache.get(key)
  if (regex) cache.delete(key)
  else {
    regex = new Regex(memory, pattern, flags)
    if (cache.size >= cachedMax) {
      const [oldest, value] = cache.entries().next().value!
      cache.delete(oldest)
      value.destroy()
    }
  }
  // Put in anew: the first key is the one that has not been used for longest.
  cache.set(key, regex)
  return regex
}
