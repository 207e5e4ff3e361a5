// Chains of events in time: windowFunnel, retention, sequenceMatch and its kin.
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { defineNumbers, illegalType, type ObjectState } from './objectStates.ts'
import { findChain, parsePattern, type Step } from './sequencePattern.ts'

const uint8 = parseType('UInt8')
const uint64 = parseType('UInt64')

const isMoment = (type: DataType): boolean => /^(Date|DateTime|DateTime64|UInt(8|16|32|64))$/.test(type.kind)

function checkEvents(name: string, types: readonly DataType[], max = 32): void {
  if (types.length < 2)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      `Aggregate function ${name} requires one timestamp argument and at least one event condition`,
    )
  if (types.length > max + 1)
    throw new DBError('TOO_MANY_ARGUMENTS_FOR_FUNCTION', `Too many event arguments for aggregate function ${name}`)
  if (!isMoment(types[0])) throw illegalType(name, types[0])
  for (const type of types.slice(1)) if (type.physical !== 'U8') throw illegalType(name, type)
}

/** A moment and which conditions were met, as a number. */
type Event = readonly [time: number, conditions: number]

const modes = ['strict_deduplication', 'strict_order', 'strict_increase', 'strict_once', 'allow_reentry'] as const

const windowFunnel = defineNumbers({
  name: 'windowFunnel',
  about: 'How many of the conditions were met in order, within a window of time behind the first one.',
  takes: [0, 34],
  numeric: 'none',
  parametric: true,
  bind: (types, [window, ...given]) => {
    checkEvents('windowFunnel', types)
    if (window === undefined)
      throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', 'Aggregate function windowFunnel requires a window')
    const set = new Set<string>()
    for (const mode of given) {
      const name = mode === 'strict' ? 'strict_deduplication' : String(mode)
      if (!modes.includes(name as (typeof modes)[number]))
        throw new DBError('BAD_ARGUMENTS', `Aggregate function windowFunnel doesn't support a parameter: ${mode}`)
      set.add(name)
    }
    return { type: uint8, create: () => new Funnel(types.length - 1, Number(window), set, types[0]) }
  },
})

class Funnel implements ObjectState<number> {
  #events: Event[] = []

  constructor(
    readonly conditions: number,
    readonly window: number,
    readonly modes: ReadonlySet<string>,
    readonly time: DataType,
  ) {}

  add(time: number, ...met: number[]): void {
    let any = false
    for (let i = met.length; i > 0; i--)
      if (met[i - 1]) {
        this.#events.push([time, i])
        any = true
      }
    if (!any && this.modes.has('strict_order')) this.#events.push([time, 0])
  }

  merge(other: this): void {
    this.#events.push(...other.#events)
  }

  write(writer: ByteWriter): void {
    writer.u8(isSorted(this.#events) ? 1 : 0)
    writer.u64(BigInt(this.#events.length))
    for (const [time, condition] of this.#events) {
      writeTime(time, this.time, writer)
      writer.u8(condition)
    }
  }

  read(reader: ByteReader): void {
    reader.u8()
    this.#events = readEvents(reader, this.time, () => reader.u8())
  }

  result(): Value {
    const { conditions, window, modes } = this
    const [order, deduplication, increase] = ['strict_order', 'strict_deduplication', 'strict_increase'].map(mode =>
      modes.has(mode),
    )
    const events = [...this.#events].sort((a, b) => a[0] - b[0] || a[1] - b[1])
    if (events.length === 0) return 0
    if (!order && conditions === 1) return 1
    if (modes.has('strict_once')) return this.#once(events)
    /** Of each condition that was reached: when its chain began, and when it was met. */
    const reached: ([first: number, last: number] | undefined)[] = Array(conditions).fill(undefined)
    let began = false
    for (const [i, [time, condition]] of events.entries()) {
      const at = condition - 1
      if (order && condition === 0) {
        if (began) break
        continue
      }
      if (at === 0) {
        reached[0] = [time, time]
        began = true
      } else if (deduplication && reached[at]) return events[i - 1][1]
      else if (order && began && !reached[at - 1]) {
        const missing = reached.indexOf(undefined)
        if (missing >= 0) return missing
      } else {
        const before = reached[at - 1]
        if (!before || time > before[0] + window || (increase && before[1] >= time)) continue
        reached[at] = [before[0], time]
        if (condition === conditions) return conditions
      }
    }
    return reached.reduce<number>((level, one, i) => (one ? i + 1 : level), 0)
  }

  /** Each event counts for one condition only: every chain is followed for itself. */
  #once(events: readonly Event[]): number {
    let chains: { level: number; first: number; last: number }[] = []
    let best = 0
    for (const [time, condition] of events) {
      if (condition === 0) continue
      if (condition === 1) chains.push({ level: 1, first: time, last: time })
      else {
        const next: typeof chains = []
        for (const chain of chains) {
          const fits =
            chain.level === condition - 1 &&
            time <= chain.first + this.window &&
            (!this.modes.has('strict_increase') || chain.last < time)
          if (fits) next.push({ level: condition, first: chain.first, last: time })
        }
        chains = [...chains, ...next].slice(-1000)
      }
      for (const { level } of chains) best = Math.max(best, level)
      if (best === this.conditions) break
    }
    return best
  }
}

const isSorted = (events: readonly Event[]): boolean => events.every(([time], i) => i === 0 || events[i - 1][0] <= time)

function writeTime(time: number, type: DataType, writer: ByteWriter): void {
  type.writeBinary(writer, typeof type.default === 'bigint' ? BigInt(time) : time)
}

function readEvents(reader: ByteReader, type: DataType, conditions: () => number): Event[] {
  const count = Number(reader.u64())
  if (count > reader.left) throw new DBError('TOO_LARGE_ARRAY_SIZE', 'Too large size of the list of events')
  return Array.from({ length: count }, (): Event => [Number(type.readBinary(reader)), conditions()])
}

const retention = defineNumbers({
  name: 'retention',
  about: 'For each condition 1 where both the first one and it were ever true.',
  takes: [0, 33],
  numeric: 'none',
  bind: types => {
    if (types.length < 2)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        'Not enough event arguments for aggregate function retention',
      )
    if (types.length > 32)
      throw new DBError('TOO_MANY_ARGUMENTS_FOR_FUNCTION', 'Too many event arguments for aggregate function retention')
    for (const type of types) if (type.physical !== 'U8') throw illegalType('retention', type)
    return { type: new ArrayType(uint8), create: () => new Retained(types.length) }
  },
})

class Retained implements ObjectState<number> {
  #met = 0

  constructor(readonly conditions: number) {}

  add(...met: number[]): void {
    for (let i = 0; i < met.length; i++) if (met[i]) this.#met |= 1 << i
  }

  merge(other: this): void {
    this.#met |= other.#met
  }

  write(writer: ByteWriter): void {
    writer.u32(this.#met >>> 0)
  }

  read(reader: ByteReader): void {
    this.#met = reader.u32()
  }

  result(): Value {
    const met = this.#met
    return Array.from({ length: this.conditions }, (_, i) => (met & 1 ? (met >>> i) & 1 : 0))
  }
}

/** sequenceMatch, sequenceCount, sequenceMatchEvents: what is made of the events and the pattern. */
const sequences = (
  [
    ['sequenceMatch', 'Whether the conditions were met in the order that the pattern says.', () => uint8],
    ['sequenceCount', 'How often the conditions were met in the order that the pattern says.', () => uint64],
    [
      'sequenceMatchEvents',
      'When the events of the longest chain that the pattern says took place.',
      (time: DataType) => new ArrayType(time),
    ],
  ] as const
).map(([name, about, type]) =>
  defineNumbers({
    name,
    about,
    takes: [0, 34],
    numeric: 'none',
    parametric: true,
    bind: (types, parameters) => {
      if (parameters.length !== 1)
        throw new DBError(
          'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
          `Aggregate function ${name} requires exactly one parameter: pattern`,
        )
      if (types.length < 3)
        throw new DBError('TOO_FEW_ARGUMENTS_FOR_FUNCTION', `Aggregate function ${name} requires at least 3 arguments.`)
      if (types.length > 33)
        throw new DBError(
          'TOO_MANY_ARGUMENTS_FOR_FUNCTION',
          `Aggregate function ${name} supports up to 32 event arguments.`,
        )
      checkEvents(name, types)
      const steps = parsePattern(String(parameters[0]), types.length - 1)
      return { type: type(types[0]), create: () => new Sequence(name, types[0], steps) }
    },
  }),
)

class Sequence implements ObjectState<number> {
  #events: Event[] = []

  constructor(
    readonly name: 'sequenceMatch' | 'sequenceCount' | 'sequenceMatchEvents',
    readonly time: DataType,
    readonly steps: readonly Step[],
  ) {}

  add(time: number, ...met: number[]): void {
    let conditions = 0
    for (let i = 0; i < met.length; i++) if (met[i]) conditions |= 1 << i
    if (conditions !== 0) this.#events.push([time, conditions >>> 0])
  }

  merge(other: this): void {
    this.#events.push(...other.#events)
  }

  write(writer: ByteWriter): void {
    writer.u8(0)
    writer.u64(BigInt(this.#events.length))
    for (const [time, conditions] of this.#events) {
      writeTime(time, this.time, writer)
      writer.u64(BigInt(conditions))
    }
  }

  read(reader: ByteReader): void {
    reader.u8()
    this.#events = readEvents(reader, this.time, () => Number(reader.u64() & 0xffffffffn))
  }

  result(): Value {
    const events = [...this.#events].sort((a, b) => a[0] - b[0] || a[1] - b[1])
    if (this.name === 'sequenceMatch') return findChain(events, 0, this.steps).matched ? 1 : 0
    if (this.name === 'sequenceMatchEvents')
      return findChain(events, 0, this.steps).times.map(time =>
        typeof this.time.default === 'bigint' ? BigInt(time) : time,
      )
    let count = 0
    for (let at = 0; at < events.length; ) {
      const chain = findChain(events, at, this.steps)
      if (!chain.matched) break
      count++
      at = Math.max(chain.end, at + 1)
    }
    return BigInt(count)
  }
}

export const chainAggregates: readonly AggregateDefinition[] = [windowFunnel, retention, ...sequences]
