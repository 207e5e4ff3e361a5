import { Arena } from '../../core/memory.ts'
import { DBError } from '../../core/errors.ts'
import type { Disk } from '../disk.ts'
import { readChecksums } from './checksums.ts'
import type { MergeTreeDefinition } from './definition.ts'
import type { FrameCodec } from './frames.ts'
import { loadPart, readFile } from './loadPart.ts'
import type { PartInfo } from './part.ts'
import { ChainedHash } from './streamWriter.ts'

/** A multiple of what the chained hash takes at a time. */
const pieceBytes = 1 << 20

/** CHECK TABLE: the part's files as they lie on the disk, against their checksums. Throws what is wrong with it. */
export async function checkPart(
  disk: Disk,
  part: PartInfo,
  definition: MergeTreeDefinition,
  codec: FrameCodec,
): Promise<void> {
  await loadPart(disk, part.path, part.name, definition, codec)
  const listed = `${part.path}/checksums.txt`
  if ((await disk.size(listed)) === null) return
  const { memory } = codec
  for (const [file, { size, hash }] of readChecksums(await readFile(disk, listed), codec)) {
    if (file.endsWith('.proj')) continue
    const arena = new Arena(memory)
    try {
      const chained = new ChainedHash(memory, arena)
      const pointer = arena.allocate(Math.min(size, pieceBytes))
      for (let start = 0; start < size; start += pieceBytes) {
        const piece = await disk.read(`${part.path}/${file}`, start, Math.min(size, start + pieceBytes))
        memory.copyIn(pointer, piece)
        chained.add(pointer, piece.length)
      }
      const found = chained.finish()
      if (!found.every((byte, i) => byte === hash[i]))
        throw new DBError('CHECKSUM_DOESNT_MATCH', `Checksum mismatch for file ${file} in data part`)
    } finally {
      arena.destroy()
    }
  }
}
