// Shapes as values: what a type means, texts (WKT, SVG) and bytes (WKB) of shapes, and reading them.
import { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { ArrayType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { printFloat } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'

export type Point = readonly [x: number, y: number]
export type Ring = readonly Point[]
export type Kind = 'Point' | 'Ring' | 'LineString' | 'Polygon' | 'MultiLineString' | 'MultiPolygon'
/** The coordinates as values of its type. */
export interface Shape {
  readonly kind: Kind
  readonly value: unknown
}

const depths: Record<Kind, number> = {
  Point: 0,
  Ring: 1,
  LineString: 1,
  Polygon: 2,
  MultiLineString: 2,
  MultiPolygon: 3,
}

/** What shape values of a type are; arrays without a name are rings, polygons and multipolygons by their depth. null: none. */
export function kindOf(type: DataType): Kind | null {
  if (type.name in depths) return type.name as Kind
  let depth = 0
  let inner = type
  while (inner instanceof ArrayType) {
    inner = inner.element
    depth++
  }
  const isPoint =
    inner instanceof TupleType &&
    inner.elements.length === 2 &&
    inner.elements.every(element => element.kind === 'Float64')
  const kinds: Kind[] = ['Point', 'Ring', 'Polygon', 'MultiPolygon']
  return isPoint ? (kinds[depth] ?? null) : null
}

export function requireKind(name: string, type: DataType): Kind {
  const kind = kindOf(type)
  if (kind) return kind
  throw new DBError('BAD_ARGUMENTS', `Argument of function ${name} must be a geometry, got ${type.name}`)
}

/** Polygons of a shape with an inside, each an outer ring and holes. */
export function polygonsOf({ kind, value }: Shape): readonly (readonly Ring[])[] {
  if (kind === 'MultiPolygon') return value as Ring[][]
  if (kind === 'Polygon') return [value as Ring[]]
  return kind === 'Ring' ? [[value as Ring]] : []
}

const samePoint = (a: Point, b: Point): boolean => a[0] === b[0] && a[1] === b[1]

/** With the first point at the end again. */
export function closed(ring: Ring): Ring {
  if (ring.length === 0 || samePoint(ring[0], ring[ring.length - 1])) return ring
  return [...ring, ring[0]]
}

const number = (value: number): string => printFloat(value)
const pair = ([x, y]: Point): string => `${number(x)} ${number(y)}`
const listed = (points: Ring): string => `(${points.map(pair).join(',')})`
const rings = (polygon: readonly Ring[]): string => `(${polygon.map(ring => listed(closed(ring))).join(',')})`

export function printWkt({ kind, value }: Shape): string {
  switch (kind) {
    case 'Point':
      return `POINT(${pair(value as Point)})`
    case 'LineString':
      return `LINESTRING${listed(value as Ring)}`
    case 'MultiLineString':
      return `MULTILINESTRING(${(value as Ring[]).map(listed).join(',')})`
    case 'Ring':
      return (value as Ring).length === 0 ? 'POLYGON()' : `POLYGON${rings([value as Ring])}`
    case 'Polygon':
      return `POLYGON${rings(value as Ring[])}`
    case 'MultiPolygon':
      return `MULTIPOLYGON(${(value as Ring[][]).map(rings).join(',')})`
  }
}

/** Twice the area on the left of the way round; negative where it goes clockwise. */
const turn = (ring: Ring): number =>
  ring.reduce((sum, [x, y], i) => {
    const [u, v] = ring[(i + 1) % ring.length]
    return sum + x * v - u * y
  }, 0)

/** Outer rings go clockwise, holes the other way. */
const oriented = (ring: Ring, isHole: boolean): Ring => {
  const whole = closed(ring)
  return turn(whole) > 0 === isHole ? whole : [...whole].reverse()
}

export function printSvg(shape: Shape, style: string): string {
  const path = (points: Ring): string =>
    points.map(([x, y], i) => `${i === 0 ? 'M' : ' L'} ${number(x)},${number(y)}`).join('')
  const line = (points: Ring): string =>
    `<polyline points="${points.map(([x, y]) => `${number(x)},${number(y)}`).join(' ')}" style="${style}"/>`
  const polygon = (given: readonly Ring[]): string =>
    `<g fill-rule="evenodd"><path d="${given.map((ring, i) => `${path(oriented(ring, i > 0))} z `).join('')}" style="${style}"/></g>`
  switch (shape.kind) {
    case 'Point': {
      const [x, y] = shape.value as Point
      return `<circle cx="${number(x)}" cy="${number(y)}" r="5" style="${style}"/>`
    }
    case 'LineString':
      return line(shape.value as Ring)
    case 'MultiLineString':
      return (shape.value as Ring[]).map(line).join('')
    case 'Ring':
      return polygon([shape.value as Ring])
    default:
      return polygonsOf(shape).map(polygon).join('')
  }
}

/** One word of WKT with its nested lists of points. */
class WktReader {
  #at = 0

  constructor(private readonly text: string) {}

  shape(): Shape {
    const word = this.#match(/\s*([A-Za-z]+)\s*/y).toUpperCase()
    const kind = (
      {
        POINT: 'Point',
        LINESTRING: 'LineString',
        POLYGON: 'Polygon',
        MULTILINESTRING: 'MultiLineString',
        MULTIPOLYGON: 'MultiPolygon',
      } as Record<string, Kind>
    )[word]
    if (!kind) throw this.#wrong()
    if (/^EMPTY\s*$/i.test(this.text.slice(this.#at))) return { kind, value: kind === 'Point' ? [0, 0] : [] }
    const value = kind === 'Point' ? this.#list(() => this.#point())[0] : this.#nested(depths[kind])
    if (this.text.slice(this.#at).trim() !== '') throw this.#wrong()
    return { kind, value }
  }

  #nested(depth: number): unknown[] {
    return this.#list(() => (depth === 1 ? this.#point() : this.#nested(depth - 1)))
  }

  #list<T>(read: () => T): T[] {
    this.#match(/\s*\(\s*/y)
    const items: T[] = []
    if (this.#peek(')')) return items
    for (;;) {
      items.push(read())
      if (this.#peek(')')) return items
      this.#match(/\s*,\s*/y)
    }
  }

  #point(): Point {
    const coordinate = () => Number(this.#match(/\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*/y))
    return [coordinate(), coordinate()]
  }

  #peek(char: string): boolean {
    const rest = /\s*/y
    rest.lastIndex = this.#at
    rest.exec(this.text)
    if (this.text[rest.lastIndex] !== char) return false
    this.#at = rest.lastIndex + 1
    return true
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.text)
    if (!found) throw this.#wrong()
    this.#at = pattern.lastIndex
    return found[1] ?? ''
  }

  #wrong(): DBError {
    return new DBError('CANNOT_PARSE_TEXT', `Cannot parse WKT at position ${this.#at} of ${JSON.stringify(this.text)}`)
  }
}

export const parseWkt = (text: string): Shape => new WktReader(text).shape()

const wkbCodes: Partial<Record<Kind, number>> = {
  Point: 1,
  LineString: 2,
  Polygon: 3,
  MultiLineString: 5,
  MultiPolygon: 6,
}

function writeWkb(writer: ByteWriter, { kind, value }: Shape): void {
  const plain = kind === 'Ring' ? 'Polygon' : kind
  writer.u8(1)
  writer.u32(wkbCodes[plain] as number)
  const point = ([x, y]: Point): void => {
    writer.f64(x)
    writer.f64(y)
  }
  const points = (list: Ring): void => {
    writer.u32(list.length)
    for (const item of list) point(item)
  }
  if (plain === 'Point') {
    point(value as Point)
    return
  }
  if (plain === 'LineString') {
    points(value as Ring)
    return
  }
  const parts = (kind === 'Ring' ? [value] : value) as unknown[]
  writer.u32(parts.length)
  for (const part of parts) {
    if (plain === 'Polygon') points(part as Ring)
    else writeWkb(writer, { kind: plain === 'MultiLineString' ? 'LineString' : 'Polygon', value: part })
  }
}

export function printWkb(shape: Shape): string {
  const writer = new ByteWriter()
  writeWkb(writer, shape)
  return decodeText(writer.bytes())
}

const wkbSizeMax = 1 << 24

function readWkb(bytes: ByteReader): Shape {
  const wrong = (): DBError => new DBError('BAD_ARGUMENTS', 'Incorrect WKB of a geometry')
  const isLittle = bytes.u8() === 1
  const swapped = (width: number): DataView => {
    const own = bytes.take(width)
    const view = new DataView(new ArrayBuffer(width))
    for (let k = 0; k < width; k++) view.setUint8(k, bytes.bytes[own + k])
    return view
  }
  const u32 = (): number => swapped(4).getUint32(0, isLittle)
  const f64 = (): number => swapped(8).getFloat64(0, isLittle)
  const point = (): Point => [f64(), f64()]
  const list = <T>(read: () => T): T[] => {
    const count = u32()
    if (count > wkbSizeMax) throw wrong()
    return Array.from({ length: count }, read)
  }
  const code = u32()
  const kind = (Object.keys(wkbCodes) as Kind[]).find(name => wkbCodes[name] === code)
  if (!kind) throw wrong()
  const inner = (wanted: Kind) => (): unknown => {
    const shape = readWkb(bytes)
    if (shape.kind !== wanted) throw wrong()
    return shape.value
  }
  const readers: Record<Kind, () => unknown> = {
    Point: point,
    Ring: () => list(point),
    LineString: () => list(point),
    Polygon: () => list(() => list(point)),
    MultiLineString: () => list(inner('LineString')),
    MultiPolygon: () => list(inner('Polygon')),
  }
  return { kind, value: readers[kind]() }
}

export function parseWkb(text: string): Shape {
  try {
    return readWkb(new ByteReader(encodeText(text)))
  } catch (cause) {
    throw new DBError('BAD_ARGUMENTS', 'Incorrect WKB of a geometry', { cause })
  }
}

export const typeOfKind = (kind: Kind): DataType => parseType(kind)
