// Distances on the Earth: by tables and a tangent plane where points are near, by the haversine formula where they are far, its
// functions by tables too.
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { FunctionDefinition } from './function.ts'
import { isNumberOrDecimal } from './numericTypes.ts'
import { defineRowwise } from './rowwise.ts'

const radians = Math.PI / 180
/** The radius of a sphere of the Earth's surface. */
const earthRadius = 6371007.180918474
const cosSize = 1024
const asinSize = 512
const metricSize = 1024
const square = (x: number): number => x * x

type Measure = 'degrees' | 'sphere' | 'ellipsoid'

/** Rounds to Float32 or leaves as it is. */
type Round = (x: number) => number

const table = (size: number, value: (i: number) => number, round: Round): number[] =>
  Array.from({ length: size + 2 }, (_, i) => round(value(i)))

/** Tables of one precision. */
class Tables {
  readonly cos: number[]
  readonly asinSqrt: number[]
  readonly sphere: number[]
  readonly degrees: number[]
  readonly latitude: number[]
  readonly longitude: number[]

  constructor(readonly round: Round) {
    this.cos = table(cosSize, i => Math.cos((2 * Math.PI * i) / cosSize), round)
    this.asinSqrt = table(asinSize, i => Math.asin(Math.sqrt(Math.min(1, i / asinSize))), round)
    const phi = (i: number): number => (i * Math.PI) / metricSize - Math.PI / 2
    // Squares of what a degree is on a tangent plane, by the latitude.
    this.sphere = table(metricSize, i => square(earthRadius * radians * Math.cos(phi(i))), round)
    this.degrees = table(metricSize, i => square(Math.cos(phi(i))), round)
    this.latitude = table(
      metricSize,
      i => square(111132.09 - 566.05 * Math.cos(2 * phi(i)) + 1.2 * Math.cos(4 * phi(i))),
      round,
    )
    this.longitude = table(
      metricSize,
      i => square(111415.13 * Math.cos(phi(i)) - 94.55 * Math.cos(3 * phi(i)) + 0.12 * Math.cos(5 * phi(i))),
      round,
    )
  }

  /** Between two entries of a table. */
  between(values: readonly number[], i: number, part: number): number {
    return this.round(values[i] + this.round(this.round(values[i + 1] - values[i]) * part))
  }

  #cosAt(x: number, shift: number): number {
    const y = this.round((Math.abs(x) * cosSize) / Math.PI / 2)
    const i = Math.floor(y)
    return this.between(this.cos, (i + cosSize - shift) & (cosSize - 1), this.round(y - i))
  }

  fastCos(x: number): number {
    return this.#cosAt(x, 0)
  }

  fastSin(x: number): number {
    return this.#cosAt(x, cosSize / 4)
  }

  fastAsinSqrt(x: number): number {
    if (x < 0.122) {
      const y = Math.sqrt(x)
      return this.round(y + x * y * 0.166666666666666 + x * x * y * 0.075 + x * x * x * y * 0.044642857142857)
    }
    if (x < 0.948) {
      const scaled = x * asinSize
      const i = Math.floor(scaled)
      return this.between(this.asinSqrt, i, this.round(scaled - i))
    }
    return this.round(Math.asin(Math.sqrt(x)))
  }
}

const tablesOf = { single: new Tables(Math.fround), double: new Tables(x => x) }

/** The difference of two angles in degrees, from 0 to 180. */
function angleBetween(a: number, b: number): number {
  let difference = Math.abs(a - b)
  if (difference > 180) difference = 360 - difference
  return difference
}

function distance(measure: Measure, isSingle: boolean, lon1: number, lat1: number, lon2: number, lat2: number): number {
  const tables = isSingle ? tablesOf.single : tablesOf.double
  const { round } = tables
  const latitude = round(angleBetween(lat1, lat2))
  const longitude = round(angleBetween(lon1, lon2))
  if (longitude < 13) {
    const middle = round(((lat1 + lat2 + 180) * metricSize) / 360)
    const i = Math.floor(middle) & (metricSize - 1)
    const part = round(middle - Math.floor(middle))
    const perLatitude =
      measure === 'ellipsoid'
        ? tables.between(tables.latitude, i, part)
        : measure === 'sphere'
          ? round(square(earthRadius * radians))
          : 1
    const perLongitude = tables.between(
      measure === 'ellipsoid' ? tables.longitude : measure === 'sphere' ? tables.sphere : tables.degrees,
      i,
      part,
    )
    return round(Math.sqrt(round(perLatitude * square(latitude)) + round(perLongitude * square(longitude))))
  }
  const part = round(
    square(tables.fastSin(round((latitude * radians) / 2))) +
      tables.fastCos(round(lat1 * radians)) *
        tables.fastCos(round(lat2 * radians)) *
        square(tables.fastSin(round((longitude * radians) / 2))),
  )
  const arc = tables.fastAsinSqrt(part)
  return round(measure === 'degrees' ? (arc * 360) / Math.PI : 2 * earthRadius * arc)
}

const coordinate = (name: string) => ({ name, accepts: isNumberOrDecimal })
const isDouble = (type: DataType): boolean => type.kind === 'Float64'

const between = (name: string, measure: Measure, about: string, example: [string, string]): FunctionDefinition =>
  defineRowwise({
    name,
    about,
    category: 'Geo',
    arguments: ['longitude1', 'latitude1', 'longitude2', 'latitude2'].map(coordinate),
    floats: true,
    returns: args => parseType(args.some(({ type }) => isDouble(type)) ? 'Float64' : 'Float32'),
    row: (values, { type }) => {
      const [lon1, lat1, lon2, lat2] = values as number[]
      return distance(measure, type.width === 4, lon1, lat1, lon2, lat2)
    },
    example,
  })

/** Whether a point lies in any of some ellipses, given by centre and half axes. */
const pointInEllipses = defineRowwise({
  name: 'pointInEllipses',
  about: 'Whether a point lies in any of some ellipses, each given by its centre and its half axes.',
  category: 'Geo',
  arguments: [
    coordinate('x'),
    coordinate('y'),
    { name: 'ellipse', accepts: isNumberOrDecimal },
    { name: 'more', accepts: isNumberOrDecimal, repeated: true },
  ],
  floats: true,
  returns: args => {
    if (args.length < 6 || (args.length - 2) % 4 !== 0)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        'Function pointInEllipses needs a point and four numbers for each ellipse',
      )
    for (const { type, constant } of args.slice(2))
      if (type.kind !== 'Float64' || constant === undefined)
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          'Ellipses of function pointInEllipses must be constants of Float64',
        )
    return parseType('UInt8')
  },
  row: values => {
    const [x, y, ...ellipses] = values as number[]
    for (let at = 0; at < ellipses.length; at += 4) {
      const [cx, cy, a, b] = ellipses.slice(at, at + 4)
      if (square((x - cx) / a) + square((y - cy) / b) <= 1) return 1
    }
    return 0
  },
  example: ['SELECT pointInEllipses(10., 10., 10., 9.1, 1., 0.9999)', '1'],
})

export const greatCircle: readonly FunctionDefinition[] = [
  between('greatCircleDistance', 'sphere', 'Metres between two points on a sphere.', [
    'SELECT round(greatCircleDistance(55.755831, 37.617673, -55.755831, -37.617673))',
    '14128353',
  ]),
  between('geoDistance', 'ellipsoid', 'Metres between two points on the WGS-84 ellipsoid.', [
    'SELECT round(geoDistance(38.8976, -77.0366, 39.9496, -75.1503))',
    '212459',
  ]),
  between('greatCircleAngle', 'degrees', 'Degrees between two points on a sphere.', [
    'SELECT round(greatCircleAngle(0, 0, 45, 0))',
    '45',
  ]),
  pointInEllipses,
]
