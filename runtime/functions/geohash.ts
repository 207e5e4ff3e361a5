// Geohashes: a longitude and a latitude halved in turn, five bits a letter.
import { DBError } from '../core/errors.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { FunctionDefinition } from './function.ts'
import { isInteger, isNumberOrDecimal } from './numericTypes.ts'
import { defineRowwise } from './rowwise.ts'

const letters = '0123456789bcdefghjkmnpqrstuvwxyz'
const lettersMax = 12
const category = 'Geo'
const Float64 = parseType('Float64')

const isNumberType = (type: DataType): boolean => isNumberOrDecimal(type)
const precisionOf = (value: unknown): number => {
  const precision = Number(value ?? lettersMax)
  return precision < 1 || precision > lettersMax ? lettersMax : precision
}

/** How many bits of so many letters are the longitude's and the latitude's. */
const bitsOf = (precision: number) => ({
  longitude: Math.ceil((precision * 5) / 2),
  latitude: Math.floor((precision * 5) / 2),
})

/** Which of 2^bits parts of a range a value lies in. */
function partOf(value: number, low: number, size: number, bits: number): number {
  const parts = 2 ** bits
  return Math.min(parts - 1, Math.max(0, Math.floor(((value - low) / size) * parts)))
}

/** Letters of the bits of both parts in turn. */
function spell(longitude: number, latitude: number, precision: number): string {
  const bits = bitsOf(precision)
  let text = ''
  let letter = 0
  for (let bit = 0; bit < precision * 5; bit++) {
    const isLongitude = bit % 2 === 0
    const at = (isLongitude ? bits.longitude : bits.latitude) - 1 - (bit >> 1)
    const part = isLongitude ? longitude : latitude
    letter = letter * 2 + (Math.floor(part / 2 ** at) % 2)
    if (bit % 5 === 4) {
      text += letters[letter]
      letter = 0
    }
  }
  return text
}

function encode(longitude: number, latitude: number, precision: number): string {
  const bits = bitsOf(precision)
  return spell(partOf(longitude, -180, 360, bits.longitude), partOf(latitude, -90, 180, bits.latitude), precision)
}

/** The middle of the area that a geohash stands for. Letters that it knows not end it. */
function decode(text: string): [longitude: number, latitude: number] {
  let [longitude, latitude] = [0, 0]
  let count = 0
  for (const char of text.slice(0, lettersMax)) {
    const letter = letters.indexOf(char)
    if (letter < 0) break
    for (let bit = 4; bit >= 0; bit--) {
      const value = (letter >> bit) & 1
      if (count % 2 === 0) longitude = longitude * 2 + value
      else latitude = latitude * 2 + value
      count++
    }
  }
  if (count === 0) return [0, 0]
  const bits = bitsOf(count / 5)
  return [((longitude + 0.5) / 2 ** bits.longitude) * 360 - 180, ((latitude + 0.5) / 2 ** bits.latitude) * 180 - 90]
}

const inBoxMax = 10_000_000

export const geohash: readonly FunctionDefinition[] = [
  defineRowwise({
    name: 'geohashEncode',
    about: 'The geohash of a longitude and a latitude, of so many letters (12).',
    category,
    arguments: [
      { name: 'longitude', accepts: isNumberType },
      { name: 'latitude', accepts: isNumberType },
      { name: 'precision', accepts: isInteger, optional: true },
    ],
    floats: true,
    returns: parseType('String'),
    row: ([longitude, latitude, precision]) => encode(longitude as number, latitude as number, precisionOf(precision)),
    example: ['SELECT geohashEncode(-5.60302734375, 42.593994140625, 5)', 'ezs42'],
  }),
  defineRowwise({
    name: 'geohashDecode',
    about: 'The longitude and the latitude of the middle of what a geohash stands for.',
    category,
    arguments: [{ name: 'geohash', accepts: type => type.kind === 'String' || type.kind === 'FixedString' }],
    returns: new TupleType([Float64, Float64], ['longitude', 'latitude']),
    row: ([text]) => decode(text as string),
    example: ["SELECT geohashDecode('ezs42')", '(-5.60302734375,42.60498046875)'],
  }),
  defineRowwise({
    name: 'geohashesInBox',
    about: 'The geohashes of so many letters that touch a box of longitudes and latitudes.',
    category,
    arguments: [
      ...['longitudeMin', 'latitudeMin', 'longitudeMax', 'latitudeMax'].map(name => ({ name, accepts: isNumberType })),
      { name: 'precision', accepts: isInteger, optional: true },
    ],
    floats: true,
    returns: parseType('Array(String)'),
    row: ([left, bottom, right, top, given]) => {
      const precision = precisionOf(given)
      const bits = bitsOf(precision)
      if ((left as number) > (right as number) || (bottom as number) > (top as number)) return []
      const [from, to] = [left, right].map(value => partOf(value as number, -180, 360, bits.longitude))
      const [low, high] = [bottom, top].map(value => partOf(value as number, -90, 180, bits.latitude))
      if ((to - from + 1) * (high - low + 1) > inBoxMax)
        throw new DBError('TOO_LARGE_ARRAY_SIZE', `Function geohashesInBox would give more than ${inBoxMax} geohashes`)
      const found: string[] = []
      for (let longitude = from; longitude <= to; longitude++)
        for (let latitude = low; latitude <= high; latitude++) found.push(spell(longitude, latitude, precision))
      return found
    },
    example: ['SELECT geohashesInBox(24.48, 40.56, 24.785, 40.81, 3)', "['sx1','sx3']"],
  }),
]
