// What a merge keeps of rows with an equal sorting key, by the table's engine. A rule sees the rows of one group after the other, in
// merged order, and says which stay.
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { columnKeys } from '../../columns/sort.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena, Memory } from '../../core/memory.ts'
import type { MergeMode } from './definition.ts'

/** Says that the row at a position of the merged list stays. */
export type Keep = (position: number) => void

export interface RowRule {
  /** Columns that the rule looks at. */
  readonly columns: readonly string[]
  /** Those columns of the rows that come next; row numbers count in them. */
  rows(columns: readonly Column[], arena: Arena): void
  /** One row of the group. */
  add(row: number, position: number): void
  /** The group has ended. */
  end(keep: Keep): void
}

/** null: all rows stay. isFinal: for a query, which does not see what is marked as deleted. */
export function ruleOf(mode: MergeMode, isFinal = false): RowRule | null {
  switch (mode.kind) {
    case 'ordinary':
      return null
    case 'replacing':
      return new Replacing(mode.version, isFinal ? mode.isDeleted : undefined)
    case 'collapsing':
      return new Collapsing(mode.sign)
    case 'versionedCollapsing':
      return new VersionedCollapsing(mode.sign)
    case 'summing':
    case 'aggregating':
      return new First()
  }
}

/** The first row stays, for what is no sum. */
class First implements RowRule {
  readonly columns = []
  #first = -1

  rows(): void {}

  add(_row: number, position: number): void {
    if (this.#first < 0) this.#first = position
  }

  end(keep: Keep): void {
    if (this.#first >= 0) keep(this.#first)
    this.#first = -1
  }
}

/** The row with the greatest version, the last of several; without versions the last row. */
class Replacing implements RowRule {
  readonly columns: readonly string[]
  #memory: Memory | null = null
  /** u64[rows] each, the first counting most. */
  #keys: number[] = []
  /** u8[rows], or 0 where nothing is marked as deleted. */
  #deleted = 0
  #best = -1
  #bestIsDeleted = false
  #version: bigint[] | null = null

  constructor(
    version: string | undefined,
    readonly isDeleted: string | undefined,
  ) {
    this.columns = [version, isDeleted].filter(name => name !== undefined)
  }

  rows(columns: readonly Column[], arena: Arena): void {
    this.#memory = arena.memory
    const deleted = this.isDeleted === undefined ? null : columns[columns.length - 1].full(arena)
    if (deleted instanceof FixedColumn) this.#deleted = deleted.pointer
    const versions = this.isDeleted === undefined ? columns : columns.slice(0, -1)
    this.#keys = versions.flatMap(column =>
      columnKeys(column.full(arena), {}, arena).map(key => {
        if (key.kind !== 'numbers') throw new DBError('BAD_TYPE_OF_FIELD', 'A version is a number or a time')
        return key.pointer
      }),
    )
  }

  add(row: number, position: number): void {
    const memory = this.#memory
    assert(memory !== null, 'a row comes after its columns')
    if (this.#keys.length > 0) {
      const version = this.#keys.map(key => memory.u64[key / 8 + row])
      if (this.#best >= 0 && this.#version && isLess(version, this.#version)) return
      this.#version = version
    }
    this.#best = position
    this.#bestIsDeleted = this.#deleted !== 0 && memory.u8[this.#deleted + row] !== 0
  }

  end(keep: Keep): void {
    if (this.#best >= 0 && !this.#bestIsDeleted) keep(this.#best)
    this.#best = -1
    this.#version = null
  }
}

function isLess(a: readonly bigint[], b: readonly bigint[]): boolean {
  for (const [i, word] of a.entries()) if (word !== b[i]) return word < b[i]
  return false
}

/** The sign of a row: 1 or -1. */
class Signs {
  #column: FixedColumn | null = null

  set(column: Column, arena: Arena): void {
    const full = column.full(arena)
    assert(full instanceof FixedColumn && full.type.width === 1, 'a sign is an Int8')
    this.#column = full
  }

  at(row: number): number {
    const column = this.#column
    assert(column !== null, 'a row comes after its columns')
    const sign = column.memory.i8[column.pointer + row]
    if (sign !== 1 && sign !== -1)
      throw new DBError('INCORRECT_DATA', `Incorrect data: Sign = ${sign} (must be 1 or -1).`)
    return sign
  }
}

/** Rows of sign 1 and -1 cancel each other: at most the first -1 and the last 1 stay. */
class Collapsing implements RowRule {
  readonly columns: readonly string[]
  readonly #signs = new Signs()
  #positive = 0
  #negative = 0
  #firstNegative = -1
  #lastPositive = -1
  #lastIsPositive = false

  constructor(sign: string) {
    this.columns = [sign]
  }

  rows([sign]: readonly Column[], arena: Arena): void {
    this.#signs.set(sign, arena)
  }

  add(row: number, position: number): void {
    this.#lastIsPositive = this.#signs.at(row) === 1
    if (this.#lastIsPositive) {
      this.#positive++
      this.#lastPositive = position
    } else {
      if (this.#negative === 0) this.#firstNegative = position
      this.#negative++
    }
  }

  end(keep: Keep): void {
    const [positive, negative] = [this.#positive, this.#negative]
    if (positive + negative > 0 && (positive !== negative || this.#lastIsPositive)) {
      if (positive <= negative) keep(this.#firstNegative)
      if (positive >= negative) keep(this.#lastPositive)
    }
    this.#positive = 0
    this.#negative = 0
    this.#firstNegative = -1
    this.#lastPositive = -1
  }
}

/** Rows of opposite signs cancel in pairs; what is left stays. The version is the last element of the sorting key. */
class VersionedCollapsing implements RowRule {
  readonly columns: readonly string[]
  readonly #signs = new Signs()
  #stack: number[] = []
  #sign = 0

  constructor(sign: string) {
    this.columns = [sign]
  }

  rows([sign]: readonly Column[], arena: Arena): void {
    this.#signs.set(sign, arena)
  }

  add(row: number, position: number): void {
    const sign = this.#signs.at(row)
    if (this.#stack.length > 0 && sign !== this.#sign) {
      this.#stack.pop()
      return
    }
    this.#sign = sign
    this.#stack.push(position)
  }

  end(keep: Keep): void {
    for (const position of this.#stack) keep(position)
    this.#stack = []
  }
}
