// checksums.txt: size and hash of every file of a part. Hashes are those of assembly/hashes/city.ts' chained hash.
import { assert } from '../../core/assert.ts'
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import { decodeText, encodeText } from '../../core/text.ts'
import type { FrameCodec } from './frames.ts'

export interface FileChecksum {
  readonly size: number
  /** u64 low, u64 high as bytes. */
  readonly hash: Uint8Array
  /** Of the decompressed stream, for files made of frames. */
  readonly uncompressed: { readonly size: number; readonly hash: Uint8Array } | null
}

export type Checksums = ReadonlyMap<string, FileChecksum>

const title = 'checksums format version: '
const filesMax = 1_000_000

/** Versions 2 to 4 (5 is only in ZooKeeper). */
export function readChecksums(bytes: Uint8Array, codec: FrameCodec): Checksums {
  const lineEnd = bytes.indexOf(10)
  const line = decodeText(bytes.subarray(0, Math.max(lineEnd, 0)))
  if (!line.startsWith(title)) throw new DBError('CORRUPTED_DATA', 'checksums.txt does not start with its version')
  const version = Number(line.slice(title.length))
  const body = bytes.subarray(lineEnd + 1)
  if (version === 2) return readText(decodeText(body))
  if (version === 3) return readBody(body)
  if (version === 4) return readBody(codec.decodeAll(body))
  throw new DBError('UNKNOWN_FORMAT_VERSION', `Unknown format version ${version} of checksums.txt`)
}

function readBody(bytes: Uint8Array): Checksums {
  const reader = new ByteReader(bytes)
  const count = reader.varint()
  if (count > filesMax) throw new DBError('CORRUPTED_DATA', `checksums.txt names ${count} files`)
  const checksums = new Map<string, FileChecksum>()
  for (let i = 0; i < count; i++) {
    const name = reader.text()
    const size = reader.varint()
    const hash = reader.raw(16).slice()
    const uncompressed = reader.u8() ? { size: reader.varint(), hash: reader.raw(16).slice() } : null
    checksums.set(name, { size, hash, uncompressed })
  }
  if (reader.left > 0) throw new DBError('CORRUPTED_DATA', 'checksums.txt goes on behind its last file')
  return checksums
}

function readText(body: string): Checksums {
  const entry =
    /(.*)\n\tsize: (\d+)\n\thash: (\d+) (\d+)\n\tcompressed: ([01])(?:\n\tuncompressed size: (\d+)\n\tuncompressed hash: (\d+) (\d+))?\n/y
  const head = /^(\d+) files:\n/.exec(body)
  if (!head) throw new DBError('CORRUPTED_DATA', 'checksums.txt does not say how many files it has')
  const checksums = new Map<string, FileChecksum>()
  entry.lastIndex = head[0].length
  for (let i = 0; i < Number(head[1]); i++) {
    const match = entry.exec(body)
    if (!match) throw new DBError('CORRUPTED_DATA', `checksums.txt is broken at file ${i + 1}`)
    const [, name, size, low, high, compressed, rawSize, rawLow, rawHigh] = match
    const uncompressed = compressed === '1' ? { size: Number(rawSize), hash: hashOf(rawLow, rawHigh) } : null
    checksums.set(name, { size: Number(size), hash: hashOf(low, high), uncompressed })
  }
  return checksums
}

function hashOf(low: string, high: string): Uint8Array {
  const writer = new ByteWriter(16)
  writer.u64(BigInt(low))
  writer.u64(BigInt(high))
  return writer.bytes()
}

/** Version 4, as every ClickHouse from 18.16 to 26.7 writes it. */
export function writeChecksums(checksums: Checksums, codec: FrameCodec): Uint8Array {
  const names = [...checksums.keys()].map(encodeText).sort(compareBytes)
  const body = new ByteWriter(names.length * 80)
  body.varint(names.length)
  for (const bytes of names) {
    const file = checksums.get(decodeText(bytes))
    assert(file !== undefined, 'a sorted name is one of the names')
    body.varint(bytes.length)
    body.raw(bytes)
    body.varint(file.size)
    body.raw(file.hash)
    body.u8(file.uncompressed ? 1 : 0)
    if (file.uncompressed) {
      body.varint(file.uncompressed.size)
      body.raw(file.uncompressed.hash)
    }
  }
  const out = new ByteWriter()
  out.raw(encodeText(`${title}4\n`))
  out.raw(codec.encodeAll(body.bytes(), 'LZ4'))
  return out.bytes()
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}
