// Deno's postMessage takes 0.2 s for each megabyte of a typed array, moved or copied, and nothing for an ArrayBuffer that is moved. So
// views go as their buffers and places in them, and are made again on the other side.
import type { Wire } from '../shared/threads.ts'

const constructors = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
}
type ViewName = keyof typeof constructors
const views: Readonly<Record<string, unknown>> = constructors

/** In place of a view. */
interface PackedView {
  readonly granaryView: ViewName
  readonly buffer: ArrayBufferLike
  readonly offset: number
  readonly length: number
}

interface PackedMessage {
  readonly granaryPacked: unknown
}

export const denoWire: Wire = {
  pack(message, transfer) {
    const moved = new Set<ArrayBufferLike>(transfer)
    const seen = new Map<object, unknown>()
    const packed = pack(message, moved, seen)
    if (packed === message) return [message, transfer]
    return [{ granaryPacked: packed } satisfies PackedMessage, [...moved] as ArrayBuffer[]]
  },
  unpack(message) {
    const isPacked = typeof message === 'object' && message !== null && 'granaryPacked' in message
    return isPacked ? unpack((message as PackedMessage).granaryPacked) : message
  },
}

/** The same value where there is no view in it. */
function pack(value: unknown, moved: Set<ArrayBufferLike>, seen: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (seen.has(value)) return seen.get(value)
  seen.set(value, value)
  const packed = packObject(value, moved, seen)
  if (packed !== value) seen.set(value, packed)
  return packed
}

function packObject(value: object, moved: Set<ArrayBufferLike>, seen: Map<object, unknown>): unknown {
  if (ArrayBuffer.isView(value)) return packView(value, moved)
  if (Array.isArray(value)) {
    const items = value.map(item => pack(item, moved, seen))
    return items.some((item, at) => item !== value[at]) ? items : value
  }
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => [key, pack(item, moved, seen)] as const)
    return entries.some(([key, item]) => item !== value.get(key)) ? new Map(entries) : value
  }
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null
  // Buffers, modules, dates, errors: cloned as what they are.
  if (prototype !== null && prototype !== Object.prototype && isBuiltIn(value)) return value
  let changed: Record<string, unknown> | null = null
  for (const [key, item] of Object.entries(value)) {
    const packed = pack(item, moved, seen)
    if (packed === item) continue
    changed ??= { ...value }
    changed[key] = packed
  }
  return changed ?? value
}

const isBuiltIn = (value: object): boolean =>
  value instanceof ArrayBuffer ||
  value instanceof SharedArrayBuffer ||
  value instanceof WebAssembly.Module ||
  value instanceof Date ||
  value instanceof Error ||
  value instanceof Set ||
  value instanceof RegExp

function packView(view: ArrayBufferView, moved: Set<ArrayBufferLike>): unknown {
  const name = view.constructor.name
  if (!(name in views)) return view
  const granaryView = name as ViewName
  const { length } = view as Uint8Array
  const { buffer } = view
  if (buffer instanceof SharedArrayBuffer || moved.has(buffer))
    return { granaryView, buffer, offset: view.byteOffset, length } satisfies PackedView
  const copy = (buffer as ArrayBuffer).slice(view.byteOffset, view.byteOffset + view.byteLength)
  moved.add(copy)
  return { granaryView, buffer: copy, offset: 0, length } satisfies PackedView
}

function unpack(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('granaryView' in value) {
    const { granaryView, buffer, offset, length } = value as PackedView
    return new constructors[granaryView](buffer as ArrayBuffer, offset, length)
  }
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) value[at] = unpack(value[at])
    return value
  }
  if (value instanceof Map) {
    for (const [key, item] of value) value.set(key, unpack(item))
    return value
  }
  if (isBuiltIn(value)) return value
  const record = value as Record<string, unknown>
  for (const key of Object.keys(record)) record[key] = unpack(record[key])
  return value
}
