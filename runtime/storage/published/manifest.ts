// manifest.json of a published table: all that a reader has to know before it reads columns, so that it lists nothing and opens no
// small files. Parts are immutable; the manifest is replaced as a whole, and a reader sees one manifest from start to end.
//
//   { "format": "granary-manifest", "version": 1, "generation": 7, "publishedMs": 1790000000000,
//     "create": "CREATE TABLE _ (...) ENGINE = MergeTree ...",
//     "shapes": [{ "kind", "marks", "hasFinal", "columns": [[name, type], ...], "streams": [name, ...], ... }],
//     "parts": [{ "name", "checksum", "rows", "bytes", "modifiedMs", "shape", "count", "granules",
//                 "columns": [compressed, uncompressed, marks, ...], "streams": [data, marks, ...], "primaryIndex", "packed",
//                 "partition": [value, ...], "bounds": [[column, min, max], ...] }],
//     "retired": [{ "name", "sinceMs" }] }
//
// packed: hashes of the pieces of <part>/granary.index (mergetree/packedIndex.ts); parts that were published without it have none.
// A shape is what many parts have in common. Values (partition, bounds): numbers, texts and null are themselves, bigger integers
// {"integer": "..."}, floats that JSON does not know {"float": "nan"}, arrays and tuples [...].
import { DBError } from '../../core/errors.ts'
import { decodeText, encodeText } from '../../core/text.ts'
import type { Value } from '../../types/value.ts'
import type { MarksForm, PartColumn, PartInfo } from '../mergetree/part.ts'
import { pieceHashDigits } from '../mergetree/packedIndex.ts'
import { comparePartNames, covers, printPartName, tryParsePartName } from '../mergetree/partName.ts'

export const manifestFile = 'manifest.json'
export const manifestFormat = 'granary-manifest'
export const manifestVersion = 1
/** A manifest beyond this is taken for something else. */
export const manifestBytesMax = 256 << 20

export interface PublishedPart {
  /** Its path is its name: parts lie beside the manifest. */
  readonly part: PartInfo
  /** Hash of its checksums.txt: two parts of one name are the same when theirs are. */
  readonly checksum: string
}

/** A part that a manifest no longer names, though readers of an earlier one may still read it. */
export interface RetiredPart {
  readonly name: string
  readonly sinceMs: number
}

export interface Manifest {
  /** Counts manifests of one target, from 1. */
  readonly generation: number
  readonly publishedMs: number
  /** The statement that makes the table, under the name `_`. */
  readonly create: string
  readonly parts: readonly PublishedPart[]
  readonly retired: readonly RetiredPart[]
}

/** What parts written alike have in common. */
interface Shape {
  readonly kind: PartInfo['kind']
  readonly marks: MarksForm['extension']
  readonly hasFinal: boolean
  readonly columns: readonly (readonly [name: string, type: string])[]
  readonly streams: readonly string[]
  readonly stringSizes: boolean
  readonly substreams: PartInfo['substreams']
  readonly sparse: readonly string[]
  readonly primaryIndex: PartInfo['primaryIndex']
}

export function printManifest(manifest: Manifest): Uint8Array {
  const shapes: string[] = []
  const parts = manifest.parts.map(({ part, checksum }) => {
    const streams = Object.keys(part.streams)
    const shape: Shape = {
      kind: part.kind,
      marks: part.marks.extension,
      hasFinal: part.marks.hasFinal,
      columns: part.columns.map(({ name, type }) => [name, type] as const),
      streams,
      stringSizes: part.stringSizes,
      substreams: part.substreams,
      sparse: part.sparse,
      primaryIndex: part.primaryIndex,
    }
    const text = JSON.stringify(shape)
    if (!shapes.includes(text)) shapes.push(text)
    return JSON.stringify({
      name: part.name,
      checksum,
      rows: part.rows,
      bytes: part.bytesOnDisk,
      modifiedMs: Math.floor(part.modifiedMs),
      shape: shapes.indexOf(text),
      count: part.marks.count,
      granules: typeof part.granules === 'number' ? part.granules : rowsOfGranules(part.granules),
      columns: part.columns.flatMap(column => [column.compressedBytes, column.uncompressedBytes, column.marksBytes]),
      streams: streams.flatMap(stream => [part.streams[stream], part.fileSizes?.marks[stream] ?? 0]),
      primaryIndex: part.fileSizes?.primaryIndex ?? 0,
      packed: part.fileSizes?.packedHashes,
      partition: part.partitionValues.map(printValue),
      bounds: part.bounds.map(({ column, min, max }) => [column, printValue(min), printValue(max)]),
    })
  })
  const { generation, publishedMs, create, retired } = manifest
  const head = JSON.stringify({ format: manifestFormat, version: manifestVersion, generation, publishedMs, create })
  const lines = (texts: readonly string[]) => texts.map(text => `\n    ${text}`).join(',')
  return encodeText(
    `${head.slice(0, -1)},\n  "shapes":[${lines(shapes)}],\n  "parts":[${lines(parts)}],\n  "retired":${JSON.stringify(retired)}}\n`,
  )
}

const rowsOfGranules = (starts: Float64Array): number[] =>
  Array.from({ length: starts.length - 1 }, (_, i) => starts[i + 1] - starts[i])

function printValue(value: Value): unknown {
  if (Array.isArray(value)) return value.map(printValue)
  if (typeof value === 'bigint') return { integer: String(value) }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { float: Number.isNaN(value) ? 'nan' : value === 0 ? '-0' : value > 0 ? 'inf' : '-inf' }
  return value
}

/** Tells manifests apart that say different things of one part: what is known of a part is kept by its id. */
function shortHash(text: string): string {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0
  return hash.toString(36)
}

/** What a manifest says, after checking all of it. `where` names it in errors. */
export function readManifest(bytes: Uint8Array, where: string): Manifest {
  return new ManifestReader(where).read(bytes)
}

const extensions = new Set<string>(['.mrk', '.cmrk', '.mrk2', '.cmrk2', '.mrk3', '.cmrk3', '.mrk4', '.cmrk4'])
const floats = new Map<unknown, number>([
  ['nan', Number.NaN],
  ['-0', -0],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
])
const valueDepthMax = 32

class ManifestReader {
  constructor(readonly where: string) {}

  /** Never returns. */
  #wrong(at: string, text: string): never {
    throw new DBError('CORRUPTED_DATA', `Manifest ${this.where} is broken: ${at} ${text}`)
  }

  read(bytes: Uint8Array): Manifest {
    if (bytes.length > manifestBytesMax) this.#wrong('it', `has ${bytes.length} bytes`)
    let json: unknown
    try {
      json = JSON.parse(decodeText(bytes))
    } catch {
      const start = decodeText(bytes.subarray(0, 40)).replace(/\s+/g, ' ')
      this.#wrong('it', `is no JSON (${bytes.length} bytes that start with ${JSON.stringify(start)})`)
    }
    const root = this.#object(json, 'it')
    if (root['format'] !== manifestFormat) this.#wrong('format', `is not "${manifestFormat}"`)
    const version = root['version']
    if (version !== manifestVersion)
      throw new DBError(
        'UNKNOWN_FORMAT_VERSION',
        `Manifest ${this.where} is of version ${String(version)}; this Granary reads version ${manifestVersion}`,
      )
    const shapes = this.#list(root['shapes'], 'shapes').map((shape, i) => this.#shape(shape, `shapes[${i}]`))
    const parts = this.#list(root['parts'], 'parts').map((part, i) => this.#part(part, `parts[${i}]`, shapes))
    parts.sort((a, b) => comparePartNames(a.part, b.part))
    for (let i = 1; i < parts.length; i++) {
      const [last, part] = [parts[i - 1].part, parts[i].part]
      if (last.partitionId === part.partitionId && (last.maxBlock >= part.minBlock || covers(last, part)))
        this.#wrong('parts', `has ${last.name} and ${part.name}, which hold the same rows`)
    }
    return {
      generation: this.#count(root['generation'], 'generation'),
      publishedMs: this.#count(root['publishedMs'], 'publishedMs'),
      create: this.#text(root['create'], 'create'),
      parts,
      retired: this.#list(root['retired'] ?? [], 'retired').map((item, i) => {
        const retired = this.#object(item, `retired[${i}]`)
        return {
          name: this.#partName(retired['name'], `retired[${i}].name`),
          sinceMs: this.#count(retired['sinceMs'], `retired[${i}].sinceMs`),
        }
      }),
    }
  }

  #shape(json: unknown, at: string): Shape {
    const shape = this.#object(json, at)
    const marks = this.#text(shape['marks'], `${at}.marks`) as Shape['marks']
    if (!extensions.has(marks)) this.#wrong(`${at}.marks`, `is ${JSON.stringify(marks)}, which Granary does not know`)
    const isCompact = /mrk[34]$/.test(marks)
    const kind = isCompact ? 'compact' : 'wide'
    if (shape['kind'] !== kind) this.#wrong(`${at}.kind`, `does not go with marks ${marks}`)
    const primaryIndex = shape['primaryIndex']
    if (primaryIndex !== null && primaryIndex !== 'plain' && primaryIndex !== 'compressed')
      this.#wrong(`${at}.primaryIndex`, 'is none that Granary knows')
    const texts = (value: unknown, name: string) =>
      this.#list(value, `${at}.${name}`).map((text, i) => this.#text(text, `${at}.${name}[${i}]`))
    const streams = texts(shape['streams'], 'streams')
    for (const stream of streams)
      if (!/^[^/\\\0]+$/.test(stream) || /^\.\.?$/.test(stream) || stream === '__proto__')
        this.#wrong(`${at}.streams`, `has ${JSON.stringify(stream)}, which is no name of a file`)
    if (isCompact && !streams.includes('data')) this.#wrong(`${at}.streams`, 'has no data, though the part is compact')
    const columns = this.#list(shape['columns'], `${at}.columns`).map((column, i) => {
      const [name, type] = this.#list(column, `${at}.columns[${i}]`)
      return [this.#text(name, `${at}.columns[${i}][0]`), this.#text(type, `${at}.columns[${i}][1]`)] as const
    })
    if (new Set(columns.map(([name]) => name)).size !== columns.length)
      this.#wrong(`${at}.columns`, 'has a column twice')
    const substreams =
      shape['substreams'] === null
        ? null
        : this.#list(shape['substreams'], `${at}.substreams`).map((_, i) =>
            texts((shape['substreams'] as unknown[])[i], `substreams[${i}]`),
          )
    if (substreams && substreams.length !== columns.length)
      this.#wrong(`${at}.substreams`, 'are not those of the columns')
    return {
      kind,
      marks,
      hasFinal: this.#bool(shape['hasFinal'], `${at}.hasFinal`),
      columns,
      streams,
      stringSizes: this.#bool(shape['stringSizes'], `${at}.stringSizes`),
      substreams,
      sparse: texts(shape['sparse'], 'sparse'),
      primaryIndex,
    }
  }

  #part(json: unknown, at: string, shapes: readonly Shape[]): PublishedPart {
    const part = this.#object(json, at)
    const name = this.#partName(part['name'], `${at}.name`)
    const checksum = this.#text(part['checksum'], `${at}.checksum`)
    if (!/^[0-9a-f]{32}$/.test(checksum)) this.#wrong(`${at}.checksum`, 'is none')
    const shape = shapes[this.#count(part['shape'], `${at}.shape`)]
    if (!shape) this.#wrong(`${at}.shape`, `is none of the ${shapes.length} shapes`)
    const rows = this.#count(part['rows'], `${at}.rows`)
    const count = this.#count(part['count'], `${at}.count`)
    const numbers = (key: string, length: number): number[] => {
      const list = this.#list(part[key], `${at}.${key}`).map((n, i) => this.#count(n, `${at}.${key}[${i}]`))
      if (list.length !== length) this.#wrong(`${at}.${key}`, `has ${list.length} numbers, ${length} are expected`)
      return list
    }
    const sizes = numbers('columns', shape.columns.length * 3)
    const files = numbers('streams', shape.streams.length * 2)
    const form: MarksForm = {
      extension: shape.marks,
      compressed: shape.marks.startsWith('.c'),
      count,
      hasFinal: shape.hasFinal,
    }
    const streams: Record<string, number> = {}
    const marks: Record<string, number> = {}
    for (const [i, stream] of shape.streams.entries()) {
      streams[stream] = files[i * 2]
      marks[stream] = files[i * 2 + 1]
      this.#checkMarks(marks[stream], form, shape, `${at}: marks of ${stream}`)
    }
    const bounds = this.#list(part['bounds'], `${at}.bounds`).map((bound, i) => {
      const [column, min, max] = this.#list(bound, `${at}.bounds[${i}]`)
      return {
        column: this.#text(column, `${at}.bounds[${i}]`),
        min: this.#value(min, `${at}.bounds[${i}][1]`),
        max: this.#value(max, `${at}.bounds[${i}][2]`),
      }
    })
    const packedHashes = part['packed'] === undefined ? undefined : this.#packed(part['packed'], at, shape)
    const info: PartInfo = {
      ...(tryParsePartName(name) as NonNullable<ReturnType<typeof tryParsePartName>>),
      id: `${this.where}/${name}:${checksum}${packedHashes === undefined ? '' : `+${shortHash(packedHashes)}`}`,
      name,
      path: name,
      rows,
      bytesOnDisk: this.#count(part['bytes'], `${at}.bytes`),
      modifiedMs: this.#count(part['modifiedMs'], `${at}.modifiedMs`),
      kind: shape.kind,
      columns: shape.columns.map(
        ([name, type], i): PartColumn => ({
          name,
          type,
          compressedBytes: sizes[i * 3],
          uncompressedBytes: sizes[i * 3 + 1],
          marksBytes: sizes[i * 3 + 2],
        }),
      ),
      marks: form,
      granules: this.#granules(part['granules'], `${at}.granules`, rows, count),
      streams,
      stringSizes: shape.stringSizes,
      substreams: shape.substreams,
      sparse: shape.sparse,
      primaryIndex: shape.primaryIndex,
      partitionValues: this.#list(part['partition'], `${at}.partition`).map((value, i) =>
        this.#value(value, `${at}.partition[${i}]`),
      ),
      bounds,
      fileSizes: {
        primaryIndex: this.#count(part['primaryIndex'], `${at}.primaryIndex`),
        marks,
        ...(packedHashes === undefined ? {} : { packedHashes }),
      },
    }
    return { part: info, checksum }
  }

  /** Plain marks have the size that their count gives them. */
  #checkMarks(size: number, { extension, compressed, count, hasFinal }: MarksForm, shape: Shape, at: string): void {
    if (compressed) return
    const columns = shape.kind === 'wide' ? 1 : (shape.substreams?.flat().length ?? shape.columns.length)
    const entry = columns * 16 + (extension === '.mrk' ? 0 : 8)
    const expected = (count + (hasFinal ? 1 : 0)) * entry
    if (size !== expected) this.#wrong(at, `have ${size} bytes, ${expected} are expected`)
  }

  #packed(json: unknown, at: string, { streams }: Shape): string {
    const hashes = this.#text(json, `${at}.packed`)
    if (!/^[0-9a-f]*$/.test(hashes) || hashes.length !== (streams.length + 1) * pieceHashDigits)
      this.#wrong(`${at}.packed`, `is not the hashes of ${streams.length + 1} pieces`)
    return hashes
  }

  #granules(json: unknown, at: string, rows: number, count: number): number | Float64Array {
    if (typeof json === 'number') {
      const size = this.#count(json, at)
      if (size === 0 || Math.ceil(rows / size) !== count)
        this.#wrong(at, `of ${size} rows are not ${count} for ${rows} rows`)
      return size
    }
    const sizes = this.#list(json, at)
    if (sizes.length !== count) this.#wrong(at, `has ${sizes.length} granules, ${count} are expected`)
    const starts = new Float64Array(count + 1)
    for (const [i, size] of sizes.entries()) {
      starts[i + 1] = starts[i] + this.#count(size, `${at}[${i}]`)
      if (starts[i + 1] === starts[i]) this.#wrong(`${at}[${i}]`, 'has no rows')
    }
    if (starts[count] !== rows) this.#wrong(at, `have ${starts[count]} rows, the part has ${rows}`)
    return starts
  }

  #value(json: unknown, at: string, depth = 0): Value {
    if (depth > valueDepthMax) this.#wrong(at, 'is nested too deeply')
    if (json === null || typeof json === 'string' || typeof json === 'number') return json
    if (Array.isArray(json)) return json.map(item => this.#value(item, at, depth + 1))
    const { integer, float } = this.#object(json, at)
    if (typeof integer === 'string' && /^-?\d{1,80}$/.test(integer)) return BigInt(integer)
    const special = floats.get(float)
    return special ?? this.#wrong(at, 'is no value')
  }

  #partName(json: unknown, at: string): string {
    const text = this.#text(json, at)
    const parsed = tryParsePartName(text)
    if (!parsed || printPartName(parsed) !== text || !/^[0-9A-Za-z-]+$/.test(parsed.partitionId))
      this.#wrong(at, `is ${JSON.stringify(text)}, which is no name of a part`)
    return text
  }

  #object(json: unknown, at: string): Record<string, unknown> {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) this.#wrong(at, 'is no object')
    return json as Record<string, unknown>
  }

  #list(json: unknown, at: string): unknown[] {
    return Array.isArray(json) ? json : this.#wrong(at, 'is no list')
  }

  #text(json: unknown, at: string): string {
    return typeof json === 'string' ? json : this.#wrong(at, 'is no text')
  }

  #bool(json: unknown, at: string): boolean {
    return typeof json === 'boolean' ? json : this.#wrong(at, 'is neither true nor false')
  }

  #count(json: unknown, at: string): number {
    return Number.isSafeInteger(json) && (json as number) >= 0
      ? (json as number)
      : this.#wrong(at, 'is no whole number')
  }
}
