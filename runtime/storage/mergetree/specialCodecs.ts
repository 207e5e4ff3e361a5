import { DBError } from '../../core/errors.ts'
import type { FrameCodec } from './frames.ts'

const names = new Map([
  [0x91, 'Multiple'],
  [0x92, 'Delta'],
  [0x93, 'T64'],
  [0x94, 'DoubleDelta'],
  [0x95, 'Gorilla'],
  [0x98, 'FPC'],
  [0x9a, 'GCD'],
])

export const isSpecial = (method: number): boolean => names.has(method)

/** Codecs for numbers, and chains of codecs. */
export function decodeSpecial(
  _codec: FrameCodec,
  method: number,
  _source: number,
  _size: number,
  _target: number,
  _decompressed: number,
): void {
  throw new DBError('NOT_IMPLEMENTED', `Codec ${names.get(method)} is not supported`)
}
