// The order in which a hash table of ClickHouse gives its values back: functions that say nothing of an order show it.
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'

const mask64 = (1n << 64n) - 1n

/** The hash of a number of up to eight bytes. */
function hash(value: bigint): bigint {
  let x = value
  x ^= x >> 33n
  x = (x * 0xff51afd7ed558ccdn) & mask64
  x ^= x >> 33n
  x = (x * 0xc4ceb9fe1a85ec53n) & mask64
  return x ^ (x >> 33n)
}

/** Rows of a column of different values, given in the order in which they were put in. Values that are no numbers keep that order. */
export function hashTableOrder(column: Column, rows: readonly number[]): readonly number[] {
  const values = column instanceof NullableColumn ? column.values : column
  if (!(values instanceof FixedColumn) || values.type.width > 8 || rows.length < 2) return rows
  const { width } = values.type
  const { u8 } = values.memory
  const bits = (row: number): bigint => {
    let value = 0n
    for (let k = width - 1; k >= 0; k--) value = (value << 8n) | BigInt(u8[values.pointer + row * width + k])
    return value
  }
  let degree = 6n
  // Half full at most; small tables grow fourfold.
  while (rows.length > 1 << (Number(degree) - 1)) degree += degree >= 23n ? 1n : 2n
  const mask = (1n << degree) - 1n
  const cells = new Map<bigint, number>()
  const zeros: number[] = []
  for (const row of rows) {
    const value = bits(row)
    if (value === 0n) {
      zeros.push(row)
      continue
    }
    let place = hash(value) & mask
    while (cells.has(place)) place = (place + 1n) & mask
    cells.set(place, row)
  }
  const placed = [...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  return [...zeros, ...placed]
}
