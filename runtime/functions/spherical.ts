// Geometry of polygons on a sphere: coordinates are longitudes and latitudes in degrees, results radians and steradians.
import { closed, type Point, type Ring } from './geometry.ts'
import { intersects, isWithin, type Polygons } from './planar.ts'

const radians = Math.PI / 180

type Vector = readonly [number, number, number]

const vectorOf = ([lon, lat]: Point): Vector => [
  Math.cos(lat * radians) * Math.cos(lon * radians),
  Math.cos(lat * radians) * Math.sin(lon * radians),
  Math.sin(lat * radians),
]
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const crossed = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]
const unit = (a: Vector): Vector => {
  const length = Math.sqrt(dot(a, a))
  return [a[0] / length, a[1] / length, a[2] / length]
}

/** By trapezoids down to the equator, of the ring as it is given: positive where it goes clockwise. */
export function sphericalArea(ring: Ring): number {
  let sum = 0
  for (let i = 1; i < ring.length; i++) {
    const [a, b] = [ring[i - 1], ring[i]]
    let longitude = (b[0] - a[0]) * radians
    if (longitude > Math.PI) longitude -= 2 * Math.PI
    else if (longitude < -Math.PI) longitude += 2 * Math.PI
    const [s, t] = [Math.tan((a[1] * radians) / 2), Math.tan((b[1] * radians) / 2)]
    sum += 2 * Math.atan(((s + t) / (1 + s * t)) * Math.tan(longitude / 2))
  }
  return sum
}

const angle = (a: Point, b: Point): number => {
  const [latitude, longitude] = [((b[1] - a[1]) * radians) / 2, ((b[0] - a[0]) * radians) / 2]
  const part = Math.sin(latitude) ** 2 + Math.cos(a[1] * radians) * Math.cos(b[1] * radians) * Math.sin(longitude) ** 2
  return 2 * Math.asin(Math.sqrt(part))
}

export const sphericalLength = (ring: Ring): number =>
  ring.slice(1).reduce((sum, point, i) => sum + angle(ring[i], point), 0)

/**
 * Both on the plane that touches the sphere at their middle, seen from its centre: great circles are straight lines there. null where
 * they do not fit on one half of the sphere.
 */
function projected(a: Polygons, b: Polygons): [Polygons, Polygons] | null {
  const vectors = [...a, ...b].flat(2).map(vectorOf)
  if (vectors.length === 0) return [a, b]
  const up = unit(vectors.reduce<Vector>((s, v) => [s[0] + v[0], s[1] + v[1], s[2] + v[2]], [0, 0, 0]))
  if (vectors.some(vector => dot(vector, up) <= 1e-9)) return null
  const east = unit(crossed(Math.abs(up[2]) > 0.9 ? [1, 0, 0] : [0, 0, 1], up))
  const north = crossed(up, east)
  const flat = (polygons: Polygons): Polygons =>
    polygons.map(polygon =>
      polygon.map(ring =>
        ring.map((point): Point => {
          const vector = vectorOf(point)
          const height = dot(vector, up)
          return [dot(vector, east) / height, dot(vector, north) / height]
        }),
      ),
    )
  return [flat(a), flat(b)]
}

export function sphericalIntersects(a: Polygons, b: Polygons): boolean {
  const both = projected(a, b)
  return both ? intersects(...both) : intersects(a, b)
}

export function sphericalWithin(a: Polygons, b: Polygons): boolean {
  const both = projected(a, b)
  return both ? isWithin(...both) : isWithin(a, b)
}

function toArc(p: Point, a: Point, b: Point): number {
  const [v, s, t] = [p, a, b].map(vectorOf)
  const normal = crossed(s, t)
  if (dot(normal, normal) > 0) {
    const pole = unit(normal)
    // Between its ends, the arc is as far as its great circle.
    if (dot(crossed(pole, s), v) >= 0 && dot(crossed(t, pole), v) >= 0)
      return Math.asin(Math.min(1, Math.abs(dot(pole, v))))
  }
  return Math.min(angle(p, a), angle(p, b))
}

export function sphericalDistance(a: Polygons, b: Polygons): number {
  if (sphericalIntersects(a, b)) return 0
  let least = Number.POSITIVE_INFINITY
  for (const [points, others] of [
    [a, b],
    [b, a],
  ])
    for (const point of points.flat(2))
      for (const ring of others.flat().map(closed))
        for (let i = 1; i < ring.length; i++) least = Math.min(least, toArc(point as Point, ring[i - 1], ring[i]))
  return least
}
