import type { Memory } from '../core/memory.ts'
import type { TimeZone } from '../types/timeZone.ts'

/** A zone in kernel memory, as assembly/text/zone.ts and assembly/compute/dates.ts read it. */
export interface ZoneTable {
  /** i64[count]: the second at which each span starts; the first stands for all time before it too. */
  readonly transitions: number
  /** i32[count]: seconds east of UTC in each span. */
  readonly offsets: number
  readonly count: number
}

const tables = new WeakMap<Memory, Map<string, ZoneTable>>()

/** Made once for each memory, and kept as long as it lives: there are some hundred zones, of a few KB at most. */
export function zoneTable(memory: Memory, zone: TimeZone): ZoneTable {
  let known = tables.get(memory)
  if (!known) {
    known = new Map()
    tables.set(memory, known)
  }
  let table = known.get(zone.name)
  if (!table) {
    const count = zone.offsets.length
    const transitions = memory.root.allocate(count * 8)
    const offsets = memory.root.allocate(count * 4)
    memory.i64[transitions / 8] = -(1n << 62n)
    zone.seconds.forEach((second, i) => {
      memory.i64[transitions / 8 + i + 1] = BigInt(second)
    })
    memory.i32.set(zone.offsets, offsets / 4)
    table = { transitions, offsets, count }
    known.set(zone.name, table)
  }
  return table
}
