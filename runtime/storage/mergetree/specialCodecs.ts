import { DBError } from '../../core/errors.ts'
import { Arena } from '../../core/memory.ts'
import type { FrameCodec } from './frames.ts'

const multiple = 0x91
const fpc = 0x98
const names = new Map([
  [multiple, 'Multiple'],
  [0x92, 'Delta'],
  [0x93, 'T64'],
  [0x94, 'DoubleDelta'],
  [0x95, 'Gorilla'],
  [fpc, 'FPC'],
  [0x9a, 'GCD'],
])
const innerHeaderBytes = 9
const sizeMax = 0x40000000

export const isSpecial = (method: number): boolean => names.has(method)

/** Codecs for numbers, and chains of codecs. */
export function decodeSpecial(
  codec: FrameCodec,
  method: number,
  source: number,
  size: number,
  target: number,
  decompressed: number,
): void {
  if (method === multiple) {
    decodeChain(codec, source, size, target, decompressed)
    return
  }
  const { kernels } = codec.memory
  let produced = -1
  if (method === fpc) {
    const scratch = kernels.fpcScratch(source, size)
    const arena = new Arena(codec.memory)
    if (scratch >= 0) produced = kernels.fpcDecode(source, size, target, decompressed, arena.allocate(scratch))
    arena.destroy()
  } else if (method === 0x92) produced = kernels.deltaDecode(source, size, target, decompressed)
  else if (method === 0x93) produced = kernels.t64Decode(source, size, target, decompressed)
  else if (method === 0x94) produced = kernels.doubleDeltaDecode(source, size, target, decompressed)
  else if (method === 0x95) produced = kernels.gorillaDecode(source, size, target, decompressed)
  else produced = kernels.gcdDecode(source, size, target, decompressed)
  if (produced !== decompressed)
    throw new DBError('CANNOT_DECOMPRESS', `Cannot decompress: a frame holds no valid ${names.get(method)}`)
}

/** u8 count | methods in the order they were applied | the last one's output; each output but the first stands behind its own header. */
function decodeChain(codec: FrameCodec, source: number, size: number, target: number, decompressed: number): void {
  const { memory } = codec
  const broken = (): DBError => new DBError('CANNOT_DECOMPRESS', 'Cannot decompress: a chain of codecs is broken')
  const count = size > 0 ? memory.u8[source] : 0
  if (count === 0 || size < 1 + count + innerHeaderBytes) throw broken()
  const chain = memory.copyOut(source + 1, count)
  const arena = new Arena(memory)
  try {
    let from = source + 1 + count
    let left = size - 1 - count
    for (let i = count - 1; i >= 0; i--) {
      if (left < innerHeaderBytes) throw broken()
      const method = memory.u8[from]
      const compressed = memory.data.getUint32(from + 1, true)
      const plain = memory.data.getUint32(from + 5, true)
      if (method !== chain[i] || method === multiple || compressed < innerHeaderBytes || compressed > left)
        throw broken()
      if (plain > sizeMax || (i === 0 && plain !== decompressed)) throw broken()
      const out = i === 0 ? target : arena.allocate(plain)
      codec.payload(method, from + innerHeaderBytes, compressed - innerHeaderBytes, out, plain)
      from = out
      left = plain
    }
  } finally {
    arena.destroy()
  }
}
