// Areas by point, for dictionaries of layout POLYGON: the smallest area that a point lies in, its border included.
import { type Column, noRow } from '../columns/column.ts'
import type { Value } from '../types/value.ts'

type Ring = readonly (readonly [x: number, y: number])[]

interface Area {
  readonly row: number
  /** Each polygon's outer ring, and behind it its holes. */
  readonly polygons: readonly (readonly Ring[])[]
  readonly size: number
  readonly box: { readonly left: number; readonly right: number; readonly low: number; readonly high: number }
}

export class Polygons {
  /** The smallest first. */
  readonly #areas: readonly Area[]

  constructor(keys: Column) {
    const areas: Area[] = []
    for (let row = 0; row < keys.rows; row++) areas.push(areaOf(row, polygonsOf(keys.valueAt(row) as Value[])))
    this.#areas = areas.sort((a, b) => a.size - b.size)
  }

  /** The row of each point. */
  find(xs: Column, ys: Column): Uint32Array {
    const found = new Uint32Array(xs.rows)
    for (let i = 0; i < xs.rows; i++) {
      const [x, y] = [Number(xs.valueAt(i)), Number(ys.valueAt(i))]
      found[i] = this.#areas.find(area => covers(area, x, y))?.row ?? noRow
    }
    return found
  }
}

/** A key is a list of polygons, of rings, or one ring: told apart by how deep its points lie. */
function polygonsOf(key: Value[]): Ring[][] {
  const depth = (value: Value): number => (Array.isArray(value) && value.length > 0 ? 1 + depth(value[0]) : 0)
  const levels = depth(key)
  if (levels <= 2) return [[key as unknown as Ring]]
  if (levels === 3) return [key as unknown as Ring[]]
  return key as unknown as Ring[][]
}

function areaOf(row: number, polygons: Ring[][]): Area {
  const points = polygons.flatMap(([outer]) => outer ?? [])
  const xs = points.map(([x]) => x)
  const ys = points.map(([, y]) => y)
  const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const box = { left: least(xs), right: most(xs), low: least(ys), high: most(ys) }
  const size = polygons.reduce(
    (sum, [outer = [], ...holes]) => sum + sizeOf(outer) - holes.reduce((inner, hole) => inner + sizeOf(hole), 0),
    0,
  )
  return { row, polygons, size, box }
}

/** The shoelace formula. */
function sizeOf(ring: Ring): number {
  let twice = 0
  for (let i = 0; i < ring.length; i++) {
    const [[x, y], [nextX, nextY]] = [ring[i], ring[(i + 1) % ring.length]]
    twice += x * nextY - nextX * y
  }
  return Math.abs(twice) / 2
}

function covers({ polygons, box }: Area, x: number, y: number): boolean {
  if (!(x >= box.left && x <= box.right && y >= box.low && y <= box.high)) return false
  return polygons.some(([outer, ...holes]) => {
    const where = outer ? side(outer, x, y) : 'outside'
    if (where !== 'inside') return where === 'border'
    return !holes.some(hole => side(hole, x, y) === 'inside')
  })
}

/** Counts the edges that a ray to the right crosses. */
function side(ring: Ring, x: number, y: number): 'inside' | 'outside' | 'border' {
  let inside = false
  for (let i = 0; i < ring.length; i++) {
    const [[ax, ay], [bx, by]] = [ring[i], ring[(i + 1) % ring.length]]
    const cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    const within = x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by)
    if (cross === 0 && within) return 'border'
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
  }
  return inside ? 'inside' : 'outside'
}
