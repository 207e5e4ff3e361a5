// Reads and writes the hits data in several formats: MB/s of text, by CPU time.
//   npx esbuild bench/formats.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/bench/formats.js
//   node dist/bench/formats.js hits.tsv create.sql [megabytes]
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { Chunk } from '../runtime/columns/chunk.ts'
import { Arena, Memory } from '../runtime/core/memory.ts'
import type { Output, Schema } from '../runtime/formats/format.ts'
import { readInput } from '../runtime/formats/input.ts'
import { findInputFormat, findOutputFormat } from '../runtime/formats/registry.ts'
import { formatOptions } from '../runtime/formats/settings.ts'
import { parseType } from '../runtime/types/parseType.ts'

const [file, ddl, megabytes = '200'] = process.argv.slice(2)
const schema: Schema = [...readFileSync(ddl, 'utf8').matchAll(/^ {4}(\w+) (\w+),?$/gm)].map(([, name, type]) => ({
  name,
  type: parseType(type),
}))
/** CPU time of this process: other work on the machine does not count. */
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const memory = new Memory(new WebAssembly.Module(readFileSync('dist/core/core.wasm')))
const options = formatOptions()

function* pieces(bytes: number): Generator<Uint8Array> {
  const handle = openSync(file, 'r')
  for (let at = 0; at < bytes; ) {
    const piece = new Uint8Array(1 << 20)
    const size = readSync(handle, piece, 0, Math.min(piece.length, bytes - at), at)
    if (size === 0) break
    at += size
    yield piece.subarray(0, size)
  }
  closeSync(handle)
}

/** Cuts the last, broken row off. */
function* wholeLines(source: Iterable<Uint8Array>): Generator<Uint8Array> {
  let held: Uint8Array | null = null
  for (const piece of source) {
    if (held) yield held
    held = piece
  }
  if (held) yield held.subarray(0, held.lastIndexOf(10) + 1)
}

class Sink implements Output {
  size = 0
  readonly kept: Uint8Array[] = []
  constructor(readonly keeps: boolean) {}
  push(bytes: Uint8Array): void {
    this.size += bytes.length
    if (this.keeps) this.kept.push(bytes.slice())
  }
}

async function readAll(format: string, source: Iterable<Uint8Array>, use?: (chunk: Chunk, arena: Arena) => void) {
  const arena = new Arena(memory)
  const buffer = new Arena(memory)
  const reader = findInputFormat(format).reader!(schema, options, memory)
  let rows = 0
  let other = 0
  const start = cpuMs()
  for await (const { chunk } of readInput(reader, source, memory, arena, buffer)) {
    rows += chunk!.rows
    const before = cpuMs()
    use?.(chunk!, arena)
    other += cpuMs() - before
  }
  arena.destroy()
  buffer.destroy()
  return { rows, ms: cpuMs() - start - other }
}

const report = (what: string, bytes: number, ms: number, rows: number) =>
  console.log(
    `${what.padEnd(28)} ${(bytes / 1e6).toFixed(0).padStart(6)} MB ${(bytes / 1e3 / ms).toFixed(0).padStart(6)} MB/s  ${((ms / rows) * 1e3).toFixed(2)} s per million rows`,
  )

const limit = Number(megabytes) * 1e6
let size = 0
const counted = function* () {
  for (const piece of wholeLines(pieces(limit))) {
    size += piece.length
    yield piece
  }
}
for (let round = 0; round < 2; round++) {
  size = 0
  const { rows, ms } = await readAll('TabSeparated', counted())
  report('TabSeparated in', size, ms, rows)
}
for (const format of ['TabSeparated', 'CSV', 'JSONEachRow', 'JSONCompactEachRow', 'Values', 'RowBinary', 'Native']) {
  const out = new Sink(true)
  const writer = findOutputFormat(format).writer(schema, options, memory)
  let writing = 0
  const scratch = new Arena(memory)
  const { rows } = await readAll('TabSeparated', wholeLines(pieces(Math.min(limit, 60e6))), chunk => {
    const before = cpuMs()
    writer.chunk(new Chunk(chunk.columns, chunk.rows), scratch, out)
    writing += cpuMs() - before
    scratch.reset()
  })
  report(`${format} out`, out.size, writing, rows)
  if (format === 'TabSeparated') continue
  const { rows: again, ms } = await readAll(format, out.kept)
  report(`${format} in`, out.size, ms, again)
}
