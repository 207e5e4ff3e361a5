// Plane geometry of polygons: areas, what lies in what, distances, hulls.
import { closed, type Point, type Ring } from './geometry.ts'

export type Polygons = readonly (readonly Ring[])[]

const segmentsOf = (polygons: Polygons): [Point, Point][] =>
  polygons.flat().flatMap(ring => {
    const points = closed(ring)
    return points.slice(1).map((point, i): [Point, Point] => [points[i], point])
  })

/** Of the ring as it is given, closed or not: positive where it goes clockwise. */
export const ringArea = (ring: Ring): number =>
  ring.slice(1).reduce((sum, [x, y], i) => sum + ((ring[i][0] + x) * (ring[i][1] - y)) / 2, 0)

export const ringLength = (ring: Ring): number =>
  ring.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - ring[i][0], y - ring[i][1]), 0)

/** Twice the signed area of a triangle. */
const cross = (o: Point, a: Point, b: Point): number => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])

const onSegment = (p: Point, a: Point, b: Point): boolean =>
  cross(a, b, p) === 0 &&
  Math.min(a[0], b[0]) <= p[0] &&
  p[0] <= Math.max(a[0], b[0]) &&
  Math.min(a[1], b[1]) <= p[1] &&
  p[1] <= Math.max(a[1], b[1])

/** Even and odd: whether a ray from the point crosses the edges an odd number of times. */
export function isInside(point: Point, polygons: Polygons): boolean {
  const [x, y] = point
  let inside = false
  for (const [a, b] of segmentsOf(polygons))
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside
  return inside
}

const isOnEdge = (point: Point, polygons: Polygons): boolean =>
  segmentsOf(polygons).some(([a, b]) => onSegment(point, a, b))

const covers = (polygons: Polygons, point: Point): boolean => isOnEdge(point, polygons) || isInside(point, polygons)

function segmentsMeet([a, b]: [Point, Point], [c, d]: [Point, Point]): boolean {
  const [p, q, r, s] = [cross(a, b, c), cross(a, b, d), cross(c, d, a), cross(c, d, b)]
  if (p > 0 !== q > 0 && r > 0 !== s > 0 && p !== 0 && q !== 0 && r !== 0 && s !== 0) return true
  return onSegment(c, a, b) || onSegment(d, a, b) || onSegment(a, c, d) || onSegment(b, c, d)
}

export function intersects(a: Polygons, b: Polygons): boolean {
  const [left, right] = [segmentsOf(a), segmentsOf(b)]
  if (left.some(one => right.some(other => segmentsMeet(one, other)))) return true
  const [first, second] = [left[0]?.[0], right[0]?.[0]]
  return first !== undefined && second !== undefined && (isInside(first, b) || isInside(second, a))
}

/** Where along the first segment, from 0 to 1, the second one meets it. */
function meetingPlaces([a, b]: [Point, Point], [c, d]: [Point, Point]): number[] {
  const length = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
  const place = (p: Point): number => ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / length
  const divisor = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0])
  if (divisor === 0) return [c, d].filter(p => onSegment(p, a, b)).map(place)
  const t = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / divisor
  const u = ((c[0] - a[0]) * (b[1] - a[1]) - (c[1] - a[1]) * (b[0] - a[0])) / divisor
  return t >= 0 && t <= 1 && u >= 0 && u <= 1 ? [t] : []
}

/** Whether no point of a lies outside of b. */
export function isWithin(a: Polygons, b: Polygons): boolean {
  const edges = segmentsOf(b)
  if (edges.length === 0) return false
  for (const edge of segmentsOf(a)) {
    const [from, to] = edge
    if (!covers(b, from)) return false
    const places = [0, 1, ...edges.flatMap(other => meetingPlaces(edge, other))].sort((x, y) => x - y)
    for (let k = 1; k < places.length; k++) {
      const middle = (places[k - 1] + places[k]) / 2
      const point: Point = [from[0] + (to[0] - from[0]) * middle, from[1] + (to[1] - from[1]) * middle]
      const isNear = nearestDistance(point, edges) <= 1e-12 * (1 + Math.abs(point[0]) + Math.abs(point[1]))
      if (!isNear && !isInside(point, b)) return false
    }
  }
  // No hole of b may be open inside of a.
  return b.every(polygon =>
    polygon.slice(1).every(hole => hole.every(point => !isInside(point, a) || isOnEdge(point, a))),
  )
}

export const areEqual = (a: Polygons, b: Polygons): boolean => isWithin(a, b) && isWithin(b, a)

function toSegment(p: Point, [a, b]: [Point, Point]): number {
  const length = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
  const place = length === 0 ? 0 : ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / length
  const t = Math.min(1, Math.max(0, place))
  return Math.hypot(p[0] - a[0] - t * (b[0] - a[0]), p[1] - a[1] - t * (b[1] - a[1]))
}

const nearestDistance = (p: Point, edges: [Point, Point][]): number =>
  edges.reduce((least, edge) => Math.min(least, toSegment(p, edge)), Number.POSITIVE_INFINITY)

export function distanceBetween(a: Polygons, b: Polygons): number {
  if (intersects(a, b)) return 0
  const [left, right] = [segmentsOf(a), segmentsOf(b)]
  const one = left.map(([p]) => nearestDistance(p, right))
  const other = right.map(([p]) => nearestDistance(p, left))
  return Math.min(...one, ...other)
}

/** Clockwise from the leftmost of the lowest points, closed. */
export function convexHull(points: Ring): Ring {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const half = (given: Ring): Point[] => {
    const kept: Point[] = []
    for (const point of given) {
      while (kept.length >= 2 && cross(kept[kept.length - 2], kept[kept.length - 1], point) >= 0) kept.pop()
      kept.push(point)
    }
    return kept
  }
  const [upper, lower] = [half(sorted), half([...sorted].reverse())]
  return closed([...upper.slice(0, -1), ...lower.slice(0, -1)])
}
