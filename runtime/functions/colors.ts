// Colours between sRGB and the OKLAB and OKLCH spaces (Björn Ottosson's).
import { DBError } from '../core/errors.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { FunctionDefinition } from './function.ts'
import { isNumber, isNumberOrDecimal } from './numericTypes.ts'
import { defineRowwise } from './rowwise.ts'

type Color = readonly [number, number, number]
const defaultGamma = 2.2

const isColor = (type: DataType): boolean =>
  type instanceof TupleType && type.elements.length === 3 && type.elements.every(isNumberOrDecimal)

const times = (matrix: readonly Color[], [x, y, z]: Color): Color =>
  matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Color

const toCones: Color[] = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
]
const conesToLab: Color[] = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.45059370996],
  [0.0259040371, 0.7827717662, -0.808675766],
]
const labToCones: Color[] = [
  [1, 0.3963377774, 0.2158037573],
  [1, -0.1055613458, -0.0638541728],
  [1, -0.0894841775, -1.291485548],
]
const conesToRgb: Color[] = [
  [4.0767416621, -3.3077115913, 0.2309699292],
  [-1.2684380046, 2.6097574011, -0.3413193965],
  [-0.0041960863, -0.7034186147, 1.707614701],
]

function labOf(rgb: Color, gamma: number): Color {
  const linear = rgb.map(channel => (channel / 255) ** gamma) as unknown as Color
  return times(conesToLab, times(toCones, linear).map(Math.cbrt) as unknown as Color)
}

function rgbOf(lab: Color, gamma: number): Color {
  const cones = times(labToCones, lab).map(value => value * value * value) as unknown as Color
  return times(conesToRgb, cones).map(channel => {
    const clipped = Math.min(Math.max(channel, 0), 1)
    return clipped ** (1 / gamma) * 255
  }) as unknown as Color
}

const degrees = 180 / Math.PI

function polar([l, a, b]: Color): Color {
  const hue = Math.atan2(b, a) * degrees
  return [l, Math.hypot(a, b), hue < 0 ? hue + 360 : hue]
}

const cartesian = ([l, c, h]: Color): Color => [l, c * Math.cos(h / degrees), c * Math.sin(h / degrees)]

const converting = (name: string, about: string, convert: (color: Color, gamma: number) => Color): FunctionDefinition =>
  defineRowwise({
    name,
    about,
    category: 'Other',
    arguments: [
      { name: 'color', accepts: isColor },
      { name: 'gamma', accepts: isNumber, optional: true },
    ],
    floats: true,
    returns: parseType('Tuple(Float64, Float64, Float64)'),
    row: ([color, gamma = defaultGamma]) => {
      if (!Array.isArray(color)) throw new DBError('LOGICAL_ERROR', 'A colour is a tuple')
      return [...convert(color as unknown as Color, gamma as number)]
    },
  })

export const colors: readonly FunctionDefinition[] = [
  converting('colorSRGBToOKLAB', 'A colour of sRGB in OKLAB.', labOf),
  converting('colorSRGBToOKLCH', 'A colour of sRGB in OKLCH.', (rgb, gamma) => polar(labOf(rgb, gamma))),
  converting('colorOKLABToSRGB', 'A colour of OKLAB in sRGB.', rgbOf),
  converting('colorOKLCHToSRGB', 'A colour of OKLCH in sRGB.', (lch, gamma) => rgbOf(cartesian(lch), gamma)),
]
