// Functions of shapes: reading and printing them, their figures, and how they lie to each other.
import { DBError } from '../core/errors.ts'
import { ArrayType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { ArgumentInfo, FunctionDefinition } from './function.ts'
import {
  type Kind,
  kindOf,
  parseWkb,
  parseWkt,
  type Point,
  polygonsOf,
  printSvg,
  printWkb,
  printWkt,
  requireKind,
  type Ring,
  type Shape,
  typeOfKind,
} from './geometry.ts'
import { isInteger, isNumber, isNumberOrDecimal } from './numericTypes.ts'
import {
  areEqual,
  convexHull,
  distanceBetween,
  intersects,
  isInside,
  isWithin,
  type Polygons,
  ringArea,
  ringLength,
} from './planar.ts'
import { defineRowwise } from './rowwise.ts'
import { sphericalArea, sphericalDistance, sphericalIntersects, sphericalLength, sphericalWithin } from './spherical.ts'

const category = 'Geo'
const polygonCategory = 'Geo Polygon'
const String_ = parseType('String')
const Float64 = parseType('Float64')
const UInt8 = parseType('UInt8')
const isText = (type: DataType): boolean => type.kind === 'String'

const shapeOf = (info: ArgumentInfo, value: Value): Shape => ({ kind: kindOf(info.type) as Kind, value })

const printing = (
  name: string,
  aliases: readonly string[],
  about: string,
  print: (shape: Shape, style: string) => string,
  hasStyle: boolean,
  example?: [string, string],
): FunctionDefinition =>
  defineRowwise({
    name,
    aliases,
    about,
    category,
    arguments: [{ name: 'geometry' }, ...(hasStyle ? [{ name: 'style', accepts: isText, optional: true }] : [])],
    returns: ([geometry]) => {
      requireKind(name, geometry.type)
      return String_
    },
    row: ([value, style = ''], { arguments: infos }) => print(shapeOf(infos[0], value), style as string),
    example,
  })

/** A ring is read from a polygon of one ring. */
function asKind(shape: Shape, kind: Kind, error: () => DBError): Value {
  if (kind === 'Ring' && shape.kind === 'Polygon') return ((shape.value as Ring[])[0] ?? []) as unknown as Value
  if (kind === 'MultiPolygon' && shape.kind === 'Polygon') return [shape.value] as Value
  if (shape.kind !== kind) throw error()
  return shape.value as Value
}

const reading = (
  name: string,
  aliases: readonly string[],
  kind: Kind,
  form: 'WKT' | 'WKB',
  example?: [string, string],
): FunctionDefinition =>
  defineRowwise({
    name,
    aliases,
    about: `The ${kind} of a text in ${form}.`,
    category: polygonCategory,
    arguments: [{ name: 'text', accepts: isText }],
    returns: typeOfKind(kind),
    row: ([text]) => {
      const wrong = (): DBError =>
        new DBError(
          form === 'WKT' ? 'CANNOT_PARSE_TEXT' : 'BAD_ARGUMENTS',
          `The ${form} given to ${name} is no ${kind}`,
        )
      return asKind(form === 'WKT' ? parseWkt(text as string) : parseWkb(text as string), kind, wrong)
    },
    example,
  })

/** The type is that of the constant: what a column would hold may be different from row to row. */
const readingAny = (name: string, alias: string, parse: (text: string) => Shape): FunctionDefinition => {
  const shape = (text: string): Shape => {
    try {
      return parse(text)
    } catch (cause) {
      throw new DBError('BAD_ARGUMENTS', `Function ${name} cannot read the geometry`, { cause })
    }
  }
  return defineRowwise({
    name,
    aliases: [alias],
    about: 'The shape of a constant text.',
    category,
    arguments: [{ name: 'text', accepts: isText }],
    returns: ([text]) => {
      if (typeof text.constant !== 'string')
        throw new DBError('NOT_IMPLEMENTED', `Function ${name} reads constants only; use readWKTPolygon and its kin`)
      return typeOfKind(shape(text.constant).kind)
    },
    row: ([text]) => shape(text as string).value as Value,
  })
}

const measuring = (
  name: string,
  aliases: readonly string[],
  about: string,
  ofRing: (ring: Ring) => number,
  example?: [string, string],
) =>
  defineRowwise({
    name,
    aliases,
    about,
    category: polygonCategory,
    arguments: [{ name: 'polygon' }],
    returns: ([{ type }]) => {
      requireKind(name, type)
      return Float64
    },
    row: ([value], { arguments: infos }) =>
      polygonsOf(shapeOf(infos[0], value))
        .flat()
        .reduce((sum, ring) => sum + ofRing(ring), 0),
    example,
  })

const comparing = <T extends Value>(
  name: string,
  aliases: readonly string[],
  about: string,
  type: DataType,
  compare: (a: Polygons, b: Polygons) => T | boolean,
  example?: [string, string],
) =>
  defineRowwise({
    name,
    aliases,
    about,
    category: polygonCategory,
    arguments: [{ name: 'a' }, { name: 'b' }],
    returns: args => {
      for (const argument of args)
        if (['Point', 'LineString', 'MultiLineString'].includes(requireKind(name, argument.type)))
          throw new DBError(
            'BAD_ARGUMENTS',
            `Arguments of function ${name} must be polygons, got ${argument.type.name}`,
          )
      return type
    },
    row: ([a, b], { arguments: infos }) => {
      const result = compare(polygonsOf(shapeOf(infos[0], a)), polygonsOf(shapeOf(infos[1], b)))
      return typeof result === 'boolean' ? Number(result) : result
    },
    example,
  })

const isPoint = (type: DataType): boolean =>
  type instanceof TupleType && type.elements.length === 2 && type.elements.every(isNumberOrDecimal)

/** How deep arrays of points lie; -1 where there are none. */
function pointDepth(type: DataType): number {
  if (isPoint(type)) return 0
  if (!(type instanceof ArrayType)) return -1
  const depth = pointDepth(type.element)
  return depth < 0 ? -1 : depth + 1
}

const pointInPolygon = defineRowwise({
  name: 'pointInPolygon',
  about: 'Whether a point lies in a polygon, given as a ring and holes, as one array of them, or as several polygons.',
  category,
  arguments: [
    { name: 'point', accepts: isPoint },
    { name: 'polygon', accepts: type => pointDepth(type) > 0 },
    { name: 'holes', accepts: type => pointDepth(type) === 1, repeated: true },
  ],
  floats: true,
  returns: UInt8,
  row: ([point, first, ...holes], { arguments: infos }) => {
    const depth = pointDepth(infos[1].type)
    const polygons = (depth === 1 ? [[first, ...holes]] : depth === 2 ? [first] : first) as unknown as Polygons
    return Number(polygons.some(polygon => isInside(point as unknown as Point, [polygon])))
  },
  example: ['SELECT pointInPolygon((3., 3.), [(6, 0), (8, 4), (5, 8), (0, 2)])', '1'],
})

const flipped = (value: Value, depth: number): Value =>
  depth === 0 ? [...(value as Value[])].reverse() : (value as Value[]).map(part => flipped(part, depth - 1))

const flipCoordinates = defineRowwise({
  name: 'flipCoordinates',
  about: 'The shape with x and y exchanged.',
  category: 'Other',
  arguments: [{ name: 'geometry', accepts: type => pointDepth(type) >= 0 }],
  returns: ([{ type }]) => type,
  row: ([value], { arguments: infos }) => flipped(value, pointDepth(infos[0].type)),
  example: ['SELECT flipCoordinates((1.0, 2.0))', '(2,1)'],
})

const hull = defineRowwise({
  name: 'polygonConvexHullCartesian',
  about: 'The least convex polygon around a shape.',
  category: polygonCategory,
  arguments: [{ name: 'polygon' }],
  returns: ([{ type }]) => {
    requireKind('polygonConvexHullCartesian', type)
    return typeOfKind('Polygon')
  },
  row: ([value], { arguments: infos }) => {
    const points = polygonsOf(shapeOf(infos[0], value)).flat(2) as unknown as Ring
    return [convexHull(points)] as unknown as Value
  },
  example: [
    'SELECT wkt(polygonConvexHullCartesian([[[(0., 0.), (0., 5.), (5., 5.), (5., 0.), (2., 3.)]]]))',
    'POLYGON((0 0,0 5,5 5,5 0,0 0))',
  ],
})

/** A map tile's bounds; tiles are numbered from the upper left corner. */
function tileOf(values: Value[], name: string): { zoom: number; x: number; y: number } {
  const [zoom, x, y] = values.map(Number)
  if (zoom > 30 || x >= 2 ** zoom || y >= 2 ** zoom)
    throw new DBError('ARGUMENT_OUT_OF_BOUND', `Function ${name} knows no tile ${x}, ${y} of zoom ${zoom}`)
  return { zoom, x, y }
}

const unsignedRule = (name: string) => ({
  name,
  accepts: (type: DataType) => isInteger(type) && isNumber(type) && type.name.startsWith('UInt'),
})
const boundsType = (names: string[]): TupleType =>
  new TupleType(
    names.map(() => Float64),
    names,
  )

const latitudeOf = (y: number, zoom: number): number =>
  (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 2 ** zoom))) * 180) / Math.PI

const tileBounds = defineRowwise({
  name: 'MVTBoundingBox',
  about: "A map tile's bounds in degrees.",
  category,
  arguments: ['zoom', 'x', 'y'].map(unsignedRule),
  returns: boundsType(['min_lon', 'min_lat', 'max_lon', 'max_lat']),
  row: values => {
    const { zoom, x, y } = tileOf(values, 'MVTBoundingBox')
    const longitude = (at: number) => (at / 2 ** zoom) * 360 - 180
    return [longitude(x), latitudeOf(y + 1, zoom), longitude(x + 1), latitudeOf(y, zoom)]
  },
})

const areaAbout = (where: string): string => `The area of a polygon ${where}, of its rings as they are given.`

export const geo: readonly FunctionDefinition[] = [
  printing('wkt', [], 'The shape in Well-Known Text.', printWkt, false, ['SELECT wkt((0.0, 1.0))', 'POINT(0 1)']),
  printing('wkb', ['WKB'], 'The shape in Well-Known Binary.', printWkb, false),
  printing('svg', ['SVG'], 'The shape as an element of SVG.', printSvg, true, [
    'SELECT svg((0.0, 1.0))',
    '<circle cx="0" cy="1" r="5" style=""/>',
  ]),
  readingAny('readWKT', 'readWkt', parseWkt),
  readingAny('readWKB', 'readWkb', parseWkb),
  reading('readWKTPoint', ['readWktPoint'], 'Point', 'WKT', ["SELECT readWKTPoint('POINT (1.2 3.4)')", '(1.2,3.4)']),
  reading('readWKTRing', ['readWktRing'], 'Ring', 'WKT'),
  reading('readWKTLineString', ['readWktLineString'], 'LineString', 'WKT'),
  reading('readWKTMultiLineString', ['readWktMultiLineString'], 'MultiLineString', 'WKT'),
  reading('readWKTPolygon', ['readWktPolygon'], 'Polygon', 'WKT'),
  reading('readWKTMultiPolygon', ['readWktMultiPolygon'], 'MultiPolygon', 'WKT'),
  reading('readWKBPoint', ['readWkbPoint', 'ST_PointFromWKB'], 'Point', 'WKB'),
  reading('readWKBLineString', ['readWkbLineString', 'ST_LineFromWKB'], 'LineString', 'WKB'),
  reading('readWKBMultiLineString', ['readWkbMultiLineString', 'ST_MLineFromWKB'], 'MultiLineString', 'WKB'),
  reading('readWKBPolygon', ['readWkbPolygon', 'ST_PolyFromWKB'], 'Polygon', 'WKB'),
  reading('readWKBMultiPolygon', ['readWkbMultiPolygon', 'ST_MPolyFromWKB'], 'MultiPolygon', 'WKB'),
  pointInPolygon,
  flipCoordinates,
  hull,
  tileBounds,
  measuring('polygonAreaCartesian', ['areaCartesian'], areaAbout('on a plane'), ringArea, [
    'SELECT polygonAreaCartesian([[[(0., 0.), (0., 5.), (5., 5.), (5., 0.)]]])',
    '25',
  ]),
  measuring('polygonAreaSpherical', ['areaSpherical'], areaAbout('on a sphere, in steradians'), sphericalArea),
  measuring('polygonPerimeterCartesian', ['perimeterCartesian'], 'The length of the rings of a polygon.', ringLength, [
    'SELECT polygonPerimeterCartesian([[[(0., 0.), (0., 5.), (5., 5.), (5., 0.)]]])',
    '15',
  ]),
  measuring(
    'polygonPerimeterSpherical',
    ['perimeterSpherical'],
    'The length of the rings of a polygon on a sphere, in radians.',
    sphericalLength,
  ),
  comparing('polygonsWithinCartesian', [], 'Whether the first polygon lies within the second.', UInt8, isWithin, [
    'SELECT polygonsWithinCartesian([[[(2., 2.), (2., 3.), (3., 3.), (3., 2.)]]], [[[(1., 1.), (1., 4.), (4., 4.), (4., 1.)]]])',
    '1',
  ]),
  comparing('polygonsWithinSpherical', [], 'The same on a sphere.', UInt8, sphericalWithin),
  comparing('polygonsEqualsCartesian', [], 'Whether two polygons are the same set of points.', UInt8, areEqual),
  comparing(
    'polygonsIntersectCartesian',
    ['geometryIntersectCartesian'],
    'Whether two polygons have a point in common.',
    UInt8,
    intersects,
  ),
  comparing(
    'polygonsIntersectSpherical',
    ['geometryIntersectSpherical'],
    'The same on a sphere.',
    UInt8,
    sphericalIntersects,
  ),
  comparing('polygonsDistanceCartesian', [], 'The least distance of two polygons.', Float64, distanceBetween),
  comparing('polygonsDistanceSpherical', [], 'The same on a sphere, in radians.', Float64, sphericalDistance),
]
