// Reading and writing a part: node build/bench... bundled by hand:
//   npx esbuild bench/storage.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/bench/storage.js
//   node dist/bench/storage.js <absolute path of a part of the hits table> <scratch directory>
import fs from 'node:fs'
import path from 'node:path'
import { LocalDisk } from '../adapters/shared/disk.ts'
import { Chunk } from '../runtime/columns/chunk.ts'
import { Arena, Memory } from '../runtime/core/memory.ts'
import { keysOfColumns, type MergeTreeDefinition, mergeTreeSettings } from '../runtime/storage/mergetree/definition.ts'
import { FrameCodec } from '../runtime/storage/mergetree/frames.ts'
import { InsertWriter } from '../runtime/storage/mergetree/insert.ts'
import { loadPart } from '../runtime/storage/mergetree/loadPart.ts'
import { mergeParts } from '../runtime/storage/mergetree/mergeParts.ts'
import { cutAtSegments } from '../runtime/storage/mergetree/part.ts'
import { PartReader } from '../runtime/storage/mergetree/partReader.ts'
import { readColumns } from '../runtime/storage/mergetree/smallFiles.ts'

const [where, scratch] = process.argv.slice(2)
const memory = new Memory(new WebAssembly.Module(fs.readFileSync('dist/core/core.wasm')))
const disk = new LocalDisk('/')
const codec = new FrameCodec(memory)
const sorting = ['CounterID', 'EventDate', 'UserID', 'EventTime', 'WatchID']
const columns = readColumns(fs.readFileSync(`${where}/columns.txt`))
const definition: MergeTreeDefinition = {
  columns,
  partitionTypes: [],
  minmaxColumns: [],
  sortingKey: sorting.map(name => ({
    type: columns.find(column => column.name === name)?.type ?? '',
    descending: false,
  })),
  sortingColumns: sorting,
  primaryKeyLength: 5,
  mode: { kind: 'ordinary' },
  settings: mergeTreeSettings,
}
const part = await loadPart(disk, where.slice(1), path.basename(where), definition, codec)
const ranges = cutAtSegments(part, [{ from: 0, to: part.marks.count }])

async function read(reader: PartReader, names: readonly string[]): Promise<{ ms: number; bytes: number }> {
  const arena = new Arena(memory)
  const start = performance.now()
  let bytes = 0
  for (const { from, to } of ranges) {
    const chunk = await reader.chunk(part, names, from, to, arena)
    for (const column of chunk.columns) bytes += column?.byteSize() ?? 0
    chunk.release()
    arena.reset()
  }
  const ms = performance.now() - start
  arena.destroy()
  return { ms, bytes }
}

const show = (what: string, { ms, bytes }: { ms: number; bytes: number }): void =>
  console.log(
    `${what.padEnd(34)} ${ms.toFixed(1).padStart(8)} ms ${(bytes / 1048576).toFixed(0).padStart(6)} MiB ${(bytes / ms / 1e6).toFixed(2)} GB/s`,
  )

const sets: [string, string[]][] = [
  ['UserID (Int64)', ['UserID']],
  ['CounterID (Int32)', ['CounterID']],
  ['AdvEngineID (Int16)', ['AdvEngineID']],
  ['EventTime', ['EventTime']],
  ['URL', ['URL']],
  ['Title', ['Title']],
  ['SearchPhrase', ['SearchPhrase']],
  ['all columns', columns.map(({ name }) => name)],
]
for (const verifyChecksums of [true, false])
  for (const [what, names] of sets) {
    const reader = new PartReader({ disk, memory, columnCacheBytes: 0, verifyChecksums })
    if (what === 'all columns') show('all columns, first time', await read(reader, names))
    await read(reader, names)
    await read(reader, names)
    show(`${what}${verifyChecksums ? '' : ', unchecked'}`, await read(reader, names))
    reader.close()
  }
{
  const reader = new PartReader({ disk, memory, columnCacheBytes: 1200 << 20 })
  await read(reader, sets[7][1])
  show('all columns, cached', await read(reader, sets[7][1]))
  reader.close()
}

if (scratch) {
  const reader = new PartReader({ disk, memory, columnCacheBytes: 0 })
  for (const defaultCodec of ['NONE', 'LZ4']) {
    fs.rmSync(scratch, { recursive: true, force: true })
    const target = {
      disk,
      codec,
      path: scratch.slice(1),
      definition: { ...definition, settings: { ...mergeTreeSettings, defaultCodec } },
      keys: keysOfColumns([], sorting),
      uniqueName: () => `${defaultCodec}_${Math.random()}`,
      now: () => Date.now(),
    }
    const writer = new InsertWriter(target)
    const arena = new Arena(memory)
    let bytes = 0
    let adding = 0
    for (const { from, to } of ranges) {
      const read = await reader.readColumns(part, sets[7][1], from, to, arena)
      const chunk = new Chunk(
        read.map(column => column!),
        read[0]!.rows,
      )
      bytes += chunk.byteSize()
      const start = performance.now()
      await writer.add(chunk)
      adding += performance.now() - start
      arena.reset()
    }
    const start = performance.now()
    const parts = await writer.finish()
    adding += performance.now() - start
    show(`write ${defaultCodec}, ${parts.length} parts`, { ms: adding, bytes })
    console.log(
      'bytes on disk',
      parts.reduce((sum, part) => sum + part.bytesOnDisk, 0),
    )
    const sources = parts.map((one, i) => ({ ...one, id: `${defaultCodec}${i}` }))
    const merging = performance.now()
    const merged = await mergeParts(sources, `${scratch.slice(1)}/merged`, { ...target, reader })
    show(`merge of ${merged.rows} rows`, { ms: performance.now() - merging, bytes })
    console.log('kernel memory', memory.size >> 20, 'MiB')
  }
}
