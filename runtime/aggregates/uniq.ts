import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { byteRows } from '../columns/keyCodec.ts'
import { StringColumn } from '../columns/string.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { type AggregateDefinition, defineAggregate } from './aggregate.ts'
import { ArrayType } from '../types/compound.ts'
import { tableOrder } from './tableOrder.ts'
import { readList, type StateForm } from './stateForm.ts'
import { DistinctValues, ungroupedArrays } from './distinctValues.ts'
import { ColumnarAggregate, fullGroups, pick, pickRows, StateArray, uint8, uint32, uint64 } from './states.ts'

export const uniq = define(
  'uniq',
  'The number of distinct values, approximately above 65,536: of many values only those whose hash ends in zero bits are counted.',
)

function define(name: string, about: string, aliases?: readonly string[]): AggregateDefinition {
  return defineAggregate({
    name,
    aliases,
    about,
    countLike: true,
    bind: types => {
      if (types.length === 0)
        throw new DBError(
          'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
          `Incorrect number of arguments for aggregate function ${name}, should be at least 1`,
        )
      return { type: uint64, form: hashesForm, create: arena => new Uniq(arena) }
    },
    examples: [[`SELECT ${name}(number % 3) FROM numbers(10)`, '3']],
  })
}

/** The number of zero bits, then the hashes, of which one of 0 comes first. */
const hashesForm: StateForm = {
  types: [new ArrayType(uint32), uint8],
  write([hashes, skip], writer) {
    const unit = 2 ** (skip as number)
    const kept = (hashes as number[]).filter(hash => hash % unit === 0)
    const order = tableOrder(
      kept.map(hash => hash >>> 15),
      kept.indexOf(0),
      4,
      1,
    )
    writer.u8(skip as number)
    writer.varint(kept.length)
    for (const i of order) writer.u32(kept[i])
  },
  read(reader) {
    const skip = reader.u8()
    return [readList(reader, () => reader.u32()), skip]
  },
}

const hashesMax = 65536

/** The distinct 32-bit hashes of each group. A group with more than 65,536 of them drops those that do not end in one more zero bit. */
class Uniq extends ColumnarAggregate {
  readonly #hashes: DistinctValues
  readonly #skips: StateArray
  #groups = 0
  #skipping = false

  constructor(arena: Arena) {
    super(arena)
    this.#hashes = new DistinctValues(arena, [uint32])
    this.#skips = new StateArray(arena, 1)
  }

  ensure(groups: number): void {
    this.#groups = Math.max(this.#groups, groups)
    this.#hashes.ensure(groups)
    this.#skips.ensure(groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch(scratch =>
      this.#insert(fullGroups(groups, rows, scratch), hashArguments(args, rows, scratch), rows, scratch),
    )
  }

  /** groups and hashes: u32[rows]. */
  #insert(groups: number, hashes: number, rows: number, scratch: Arena): void {
    let column: Column = new FixedColumn(uint32, this.memory, hashes, rows)
    if (this.#skipping) {
      const indices = scratch.allocate(rows * 4 + 4)
      const count = this.memory.kernels.uniqKept(hashes, groups, this.#skips.pointer, rows, indices)
      const picked = pickRows([column], groups, indices, count, scratch)
      column = picked.columns[0]
      groups = picked.groups
      rows = count
    }
    this.#hashes.add(groups, [column], rows, scratch)
    if (this.#hashes.size > hashesMax) this.#thin(scratch)
  }

  #thin(scratch: Arena): void {
    const counts = this.#hashes.counts.pointer
    const { u64, u8 } = this.memory
    for (let group = 0; group < this.#groups; group++) {
      if (u64[counts / 8 + group] <= hashesMax) continue
      this.#skipping = true
      const all = this.#hashes.all(scratch)
      do {
        u8[this.#skips.pointer + group]++
        u64[counts / 8 + group] = BigInt(this.#count(group, all))
      } while (u64[counts / 8 + group] > hashesMax)
    }
  }

  /** The group's hashes that are still counted. */
  #count(group: number, all: { groups: number; columns: readonly Column[]; rows: number }): number {
    const { u32, u8 } = this.memory
    const mask = (1 << u8[this.#skips.pointer + group]) - 1
    const hashes = (all.columns[0] as FixedColumn).pointer / 4
    let count = 0
    for (let i = 0; i < all.rows; i++) if (u32[all.groups / 4 + i] === group && (u32[hashes + i] & mask) === 0) count++
    return count
  }

  states(count: number, arena: Arena): Column[] {
    return [...this.#hashes.arrays(count, arena), this.#skips.column(uint8, 0, count)]
  }

  absorb([arrays, skips]: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      // What the other has dropped must not be counted here either.
      const { u8, u32 } = this.memory
      let changed = false
      for (let i = 0; i < count; i++) {
        const group = groups === 0 ? i : u32[groups / 4 + i]
        const theirs = u8[(skips as FixedColumn).pointer + i]
        if (theirs <= u8[this.#skips.pointer + group]) continue
        u8[this.#skips.pointer + group] = theirs
        changed = true
        if (this.#hashes.size > 0) {
          const left = this.#count(group, this.#hashes.all(scratch))
          this.memory.u64[this.#hashes.counts.pointer / 8 + group] = BigInt(left)
        }
      }
      if (changed) this.#skipping = true
      const flat = ungroupedArrays([arrays], groups, count, scratch)
      if (flat.rows > 0) this.#insert(flat.ids, (flat.elements[0] as FixedColumn).pointer, flat.rows, scratch)
    })
  }

  result(start: number, count: number, arena: Arena): Column {
    const counts = this.#hashes.counts.column(uint64, start, count)
    if (!this.#skipping) return counts
    const out = arena.allocate(count * 8)
    const { u64, u8 } = this.memory
    for (let i = 0; i < count; i++) {
      const kept = u64[counts.pointer / 8 + i]
      const skip = u8[this.#skips.pointer + start + i]
      u64[out / 8 + i] = skip === 0 ? kept : BigInt(estimate(Number(kept), skip))
    }
    return new FixedColumn(uint64, this.memory, out, count)
  }
}

/** Distinct values behind so many hashes that end in skip zero bits, with the hashes' collisions in 32 bits made up for. */
function estimate(kept: number, skip: number): number {
  const all = kept * 2 ** skip + (crc32OfWord(kept) & (2 ** skip - 1))
  const space = 2 ** 32
  return Math.round(space * (Math.log(space) - Math.log(space - all)))
}

/** CRC-32C of a number as 8 bytes, without the last inversion: by it the lowest digits of an estimate are filled. */
function crc32OfWord(value: number): number {
  let crc = 0xffffffff
  for (let byte = 0; byte < 8; byte++) {
    crc ^= byte < 4 ? (value >>> (8 * byte)) & 255 : 0
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return crc >>> 0
}

/** u32[rows] as uniq hashes: of the value, of a string's CityHash64, or the low half of what those of several arguments combine to. */
function hashArguments(args: readonly Column[], rows: number, arena: Arena): number {
  if (args.length === 1 && args[0] instanceof TupleColumn && args[0].columns.length > 1)
    return hashArguments(args[0].columns, rows, arena)
  const { kernels } = arena.memory
  const hashes = arena.allocate(rows * 4)
  const [first] = args
  if (args.length === 1 && first instanceof FixedColumn && first.type.width <= 8 && first.type.physical !== 'Bytes') {
    const physical = first.type.physical?.replace('F', 'U').replace('I64', 'U64') ?? null
    pick(arena.memory, 'uniqHash', physical)(first.pointer, rows, hashes)
    return hashes
  }
  const words = hashWords(args, rows, arena)
  if (args.length === 1) kernels.uniqHashU64(words, rows, hashes)
  else kernels.unpackKeys4(words, 8, rows, hashes)
  return hashes
}

/** u64[rows]: the CityHash64 of a value, of several what theirs combine to. */
export function hashWords(args: readonly Column[], rows: number, arena: Arena): number {
  const [first] = args
  if (args.length === 1 && first instanceof TupleColumn && first.columns.length > 1)
    return hashWords(first.columns, rows, arena)
  const { kernels } = arena.memory
  let words = arena.allocate(rows * 8)
  cityHash(first, rows, words, arena)
  for (const next of args.slice(1)) {
    const more = arena.allocate(rows * 8)
    cityHash(next, rows, more, arena)
    // The later argument's hash comes first in the pair.
    kernels.hashCombine64(more, words, rows)
    words = more
  }
  return words
}

function cityHash(column: Column, rows: number, out: number, arena: Arena): void {
  const { kernels } = arena.memory
  if (column instanceof FixedColumn) {
    kernels.cityHash64Fixed(column.pointer, column.type.width, rows, out)
    return
  }
  const strings = column instanceof StringColumn ? column : byteRows(column, arena)
  kernels.cityHash64Strings(strings.offsets, strings.bytes, rows, out)
}
