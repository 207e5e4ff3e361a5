// Publishing: a table's parts go to an object store as they are, and a manifest that names them is swapped in last. What a reader
// of any manifest needs stays until long after another has taken its place.
//
//   TARGET/manifest.json        see manifest.ts: Granary reads this and the files that it names, nothing else
//   TARGET/<part>/<file>        as ClickHouse writes them; checksums.txt comes last, so that where it is, all is
//   TARGET/<part>/granary.index see mergetree/packedIndex.ts: what readers need before columns, in one object
//   TARGET/format_version.txt   for ClickHouse's `plain` disk (table_disk = 1)
//   TARGET/.index, TARGET/<part>/.index   for ClickHouse's `web` disk
import { assert } from '../../core/assert.ts'
import { concatenate } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import { encodeText } from '../../core/text.ts'
import type { Disk } from '../disk.ts'
import { type Checksums, readChecksums, writeChecksums } from '../mergetree/checksums.ts'
import type { FrameCodec } from '../mergetree/frames.ts'
import { readFile } from '../mergetree/loadPart.ts'
import {
  fileOfPiece,
  hashOfFile,
  packedIndexFile,
  packedPieces,
  pieceHash,
  pieceHashDigits,
  primaryPiece,
} from '../mergetree/packedIndex.ts'
import type { PartInfo } from '../mergetree/part.ts'
import { printPartName, tryParsePartName } from '../mergetree/partName.ts'
import type { ObjectStore } from '../objectStore.ts'
import {
  type Manifest,
  manifestFile,
  manifestBytesMax,
  type PublishedPart,
  printManifest,
  readManifest,
  type RetiredPart,
} from './manifest.ts'

/** A table as it is now. */
export interface PublishSource {
  /** The statement that makes it, under the name `_`. */
  readonly create: string
  /** The disk of its parts. */
  readonly disk: Disk
  readonly parts: readonly PartInfo[]
  /** Its parts may go. */
  release?(): void
}

export interface PublishOptions {
  readonly codec: FrameCodec
  /** Milliseconds since the epoch. */
  now(): number
  /** How long a part stays after the last manifest that names it is gone. Default: an hour. */
  readonly keepSeconds?: number
  /** Only finds out what would be done. */
  readonly dryRun?: boolean
  /** Files copied at once. Default: 8. */
  readonly copiesMax?: number
  /** The target, as errors call it. */
  readonly targetName?: string
  readonly signal?: AbortSignal
  onProgress?(progress: PublishProgress): void
}

export interface PublishProgress {
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly filesDone: number
  readonly filesTotal: number
}

export interface PublishResult {
  readonly generation: number
  /** The target's manifest says the same already: it was left as it is. */
  readonly isUnchanged: boolean
  readonly parts: number
  readonly rows: number
  readonly bytes: number
  readonly copiedParts: number
  readonly copiedFiles: number
  readonly copiedBytes: number
  readonly removedParts: number
}

const defaultKeepSeconds = 3600
const defaultCopiesMax = 8
/** A larger file is copied in pieces of this size. */
const pieceBytes = 8 << 20
/** How often a merge may take parts away from under a publication. */
const attemptsMax = 5
/** Parts of other content that may be in the way of one name. */
const renamesMax = 10_000

/**
 * Makes the target hold the table. `take` gives the table as it is, and is called again when parts have vanished meanwhile.
 * COORDINATION_ERROR when somebody else published to the target at the same time: nothing that readers see has changed then.
 */
export async function publish(
  take: () => Promise<PublishSource>,
  target: ObjectStore,
  options: PublishOptions,
): Promise<PublishResult> {
  if (!target.can.write && !options.dryRun)
    throw new DBError('TABLE_IS_READ_ONLY', `Cannot publish to ${options.targetName ?? 'a target'} that is read-only`)
  for (let attempt = 1; ; attempt++) {
    const source = await take()
    try {
      return await new Publication(source, target, options).run()
    } catch (error) {
      const isGone = error instanceof DBError && /^(FILE_DOESNT_EXIST|NO_FILE_IN_DATA_PART)$/.test(error.errorName)
      if (!isGone || attempt === attemptsMax) throw error
    } finally {
      source.release?.()
    }
  }
}

/** The manifest in a store, with its tag; null where there is none. */
export async function loadManifest(
  store: ObjectStore,
  where: string,
): Promise<{ readonly manifest: Manifest; readonly etag: string } | null> {
  const object = await store.get(manifestFile)
  return object && { manifest: readManifest(object.bytes, where), etag: object.etag }
}

interface PlannedPart {
  readonly part: PartInfo
  /** Its name in the target. */
  readonly name: string
  readonly checksum: string
  readonly checksums: Uint8Array
  readonly files: readonly { readonly name: string; readonly size: number }[]
  readonly isThere: boolean
  /** Its granary.index is there, too. */
  readonly isPacked: boolean
}

class Publication {
  readonly #where: string
  #progress = { bytesDone: 0, bytesTotal: 0, filesDone: 0, filesTotal: 0 }

  constructor(
    readonly source: PublishSource,
    readonly target: ObjectStore,
    readonly options: PublishOptions,
  ) {
    this.#where = options.targetName === undefined ? manifestFile : `${options.targetName}/${manifestFile}`
  }

  async run(): Promise<PublishResult> {
    const { source, options } = this
    const now = options.now()
    const last = await loadManifest(this.target, this.#where)
    const planned = await this.#plan(last?.manifest ?? null)
    const copied = planned.filter(({ isThere }) => !isThere)
    const packed = planned.filter(({ isPacked }) => !isPacked)
    const isSame =
      last !== null &&
      copied.length === 0 &&
      packed.length === 0 &&
      last.manifest.create === source.create &&
      last.manifest.parts.length === planned.length
    const named = new Set(planned.map(({ name }) => name))
    const lastRetired = (last?.manifest.retired ?? []).filter(({ name }) => !named.has(name))
    const isOld = ({ sinceMs }: { sinceMs: number }) =>
      now - sinceMs >= (options.keepSeconds ?? defaultKeepSeconds) * 1000
    const removable = lastRetired.filter(isOld)
    const result = {
      generation: (last?.manifest.generation ?? 0) + (isSame ? 0 : 1),
      isUnchanged: isSame,
      parts: planned.length,
      rows: planned.reduce((sum, { part }) => sum + part.rows, 0),
      bytes: planned.reduce((sum, { part }) => sum + part.bytesOnDisk, 0),
      copiedParts: copied.length,
      copiedFiles: copied.reduce((sum, { files }) => sum + files.length + 1, 0) + packed.length,
      copiedBytes:
        copied.reduce((sum, plan) => sum + plan.checksums.length + bytesOf(plan), 0) +
        packed.reduce((sum, { part }) => sum + packedSize(part), 0),
      removedParts: removable.length,
    }
    if (options.dryRun) return result
    this.#progress = { bytesDone: 0, bytesTotal: result.copiedBytes, filesDone: 0, filesTotal: result.copiedFiles }
    for (const plan of planned) {
      if (!plan.isPacked) await this.#putPacked(plan)
      if (!plan.isThere) await this.#copyPart(plan)
    }
    if (!isSame) {
      const retired = [
        ...lastRetired,
        ...(last?.manifest.parts ?? [])
          .filter(({ part }) => !named.has(part.name))
          .map(({ part }): RetiredPart => ({ name: part.name, sinceMs: now })),
      ]
      await this.#swap(
        {
          generation: result.generation,
          publishedMs: now,
          create: source.create,
          parts: planned.map(published),
          retired: retired.filter(({ name }) => !removable.some(one => one.name === name)),
        },
        last?.etag ?? null,
      )
    }
    const removed = await this.#removeOld(named, last?.manifest ?? null, removable, isOld)
    return { ...result, removedParts: removed }
  }

  async #plan(last: Manifest | null): Promise<PlannedPart[]> {
    const planned: PlannedPart[] = []
    const taken = new Set(this.source.parts.map(({ name }) => name))
    for (const part of this.source.parts) {
      this.options.signal?.throwIfAborted()
      const looked = await this.#look(part)
      const earlier = last?.parts.find(
        other => other.checksum === looked.checksum && isSameRange(other.part, part) && other.part.rows === part.rows,
      )
      const isPacked = earlier?.part.fileSizes?.packedHashes === looked.part.fileSizes?.packedHashes
      planned.push(
        earlier
          ? { ...looked, name: earlier.part.name, isThere: true, isPacked }
          : { ...looked, ...(await this.#place(looked, last, taken)) },
      )
    }
    return planned
  }

  /** What there is to copy of a part. */
  async #look(part: PartInfo): Promise<LookedPart> {
    const { disk } = this.source
    const { codec } = this.options
    const entries = (await disk.list(part.path)).filter(({ isDirectory }) => !isDirectory)
    if (!entries.some(({ name }) => name === 'checksums.txt'))
      throw entries.length === 0
        ? new DBError('FILE_DOESNT_EXIST', `Part ${part.path} does not exist`)
        : new DBError(
            'NO_FILE_IN_DATA_PART',
            `Part ${part.path} has no checksums.txt, without which it cannot be published: OPTIMIZE TABLE ... FINAL writes one`,
          )
    const files = entries
      .filter(({ name }) => name !== 'checksums.txt' && name !== '.index')
      .map(({ name, size }) => ({ name, size }))
    let checksums = await readFile(disk, `${part.path}/checksums.txt`)
    const listed = readChecksums(checksums, codec)
    // Projections are left out: readers of published tables do not use them.
    const kept: Checksums = new Map([...listed].filter(([name]) => !name.endsWith('.proj')))
    if (kept.size < listed.size) checksums = writeChecksums(kept, codec)
    for (const [name, { size }] of kept) {
      const file = files.find(other => other.name === name)
      if (!file) throw new DBError('NO_FILE_IN_DATA_PART', `No file ${name} in part ${part.path}`)
      if (file.size !== size)
        throw new DBError(
          'BAD_SIZE_OF_FILE_IN_DATA_PART',
          `File ${name} of part ${part.path} has ${file.size} bytes, ${size} are expected`,
        )
    }
    const sizeOf = (name: string) => files.find(file => file.name === name)?.size ?? 0
    const index = part.primaryIndex === null ? 0 : sizeOf(`primary.${part.primaryIndex === 'plain' ? 'idx' : 'cidx'}`)
    const marks: Record<string, number> = {}
    for (const stream of Object.keys(part.streams)) marks[stream] = sizeOf(stream + part.marks.extension)
    const hashOfPiece = (name: string): string => {
      const checksum = kept.get(fileOfPiece(part, name))
      return checksum ? pieceHash(checksum.hash) : '0'.repeat(pieceHashDigits)
    }
    const packedHashes = [primaryPiece, ...Object.keys(part.streams)].map(hashOfPiece).join('')
    const known = { ...part, fileSizes: { primaryIndex: index, marks, packedHashes } }
    return { part: known, files, checksums, checksum: hashOf(checksums, codec) }
  }

  /** The name under which a part that no manifest has goes to the target: another one where its own is another part's. */
  async #place(
    { part, checksums, files }: LookedPart,
    last: Manifest | null,
    taken: Set<string>,
  ): Promise<{ name: string; isThere: boolean; isPacked: boolean }> {
    const { target } = this
    for (let mutation = part.mutation; mutation < part.mutation + renamesMax; mutation++) {
      const name = printPartName({ ...part, mutation })
      if (mutation > part.mutation && taken.has(name)) continue
      if (last?.parts.some(other => other.part.name === name)) continue
      const there = await target.get(`${name}/checksums.txt`)
      if (there && !isEqual(there.bytes, checksums)) continue
      taken.add(name)
      if (!there || !target.can.list) return { name, isThere: there !== null, isPacked: false }
      const sizes = new Map<string, number>()
      for await (const { key, size } of target.list(`${name}/`)) sizes.set(key.slice(name.length + 1), size)
      const isThere = files.every(file => sizes.get(file.name) === file.size)
      return { name, isThere, isPacked: sizes.get(packedIndexFile) === packedSize(part) }
    }
    throw new DBError('DIRECTORY_ALREADY_EXISTS', `The target holds too many parts of the name ${part.name}`)
  }

  async #copyPart(plan: PlannedPart): Promise<void> {
    const { part, name, files, checksums } = plan
    const left = [...files]
    const work = async () => {
      for (let file = left.shift(); file; file = left.shift()) {
        await this.#copyFile(`${part.path}/${file.name}`, file.size, `${name}/${file.name}`)
        this.#done(1, 0)
      }
    }
    await Promise.all(Array.from({ length: this.options.copiesMax ?? defaultCopiesMax }, work))
    const all = [...files, { name: 'checksums.txt', size: checksums.length }]
    const index = all.map(file => `${file.name}\t0\t${file.size}\n`).join('')
    await this.target.put(`${name}/.index`, encodeText(index))
    await this.target.put(`${name}/checksums.txt`, checksums)
    this.#done(1, checksums.length)
  }

  /** The primary index and marks, which are compared with their hashes. */
  async #putPacked({ part, name: target }: PlannedPart): Promise<void> {
    const packed = packedPieces(part)
    assert(packed !== null, 'a part that was looked at knows the hashes of its marks')
    const read = async ([name, { start, end, hash }]: [string, { start: number; end: number; hash: string }]) => {
      const file = `${part.path}/${fileOfPiece(part, name)}`
      const bytes = await this.#readRange(file, 0, end - start)
      if (end > start && pieceHash(hashOfFile(bytes, this.options.codec.memory)) !== hash)
        throw new DBError('CHECKSUM_DOESNT_MATCH', `Checksum doesn't match: ${file} is not what checksums.txt says`)
      return bytes
    }
    const pieces = async function* () {
      for (const piece of packed.pieces) yield await read(piece)
    }
    await this.#write(`${target}/${packedIndexFile}`, packed.size, pieces())
    this.#done(1, 0)
  }

  async #copyFile(from: string, size: number, to: string): Promise<void> {
    const read = (start: number, end: number) => this.#readRange(from, start, end)
    const pieces = async function* () {
      for (let at = 0; at < size; at += pieceBytes) yield await read(at, Math.min(size, at + pieceBytes))
    }
    await this.#write(to, size, pieces())
  }

  async #readRange(file: string, start: number, end: number): Promise<Uint8Array> {
    this.options.signal?.throwIfAborted()
    const bytes = end > start ? await this.source.disk.read(file, start, end) : new Uint8Array(0)
    if (bytes.length !== end - start)
      throw new DBError('CANNOT_READ_ALL_DATA', `Cannot read all data: ${file} became shorter while it was copied`)
    this.#done(0, bytes.length)
    return bytes
  }

  /** An object of `size` bytes: what is small at once. */
  async #write(to: string, size: number, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    if (size <= pieceBytes) {
      const all: Uint8Array[] = []
      for await (const piece of pieces) all.push(piece)
      await this.target.put(to, all.length === 1 ? all[0] : concatenate(all))
      return
    }
    const writer = await this.target.create(to)
    try {
      for await (const piece of pieces) await writer.write(piece)
      await writer.close()
    } catch (error) {
      await writer.abort().catch(() => {}) // the first error is the one to tell
      throw error
    }
  }

  #done(files: number, bytes: number): void {
    this.#progress.filesDone += files
    this.#progress.bytesDone += bytes
    this.options.onProgress?.({ ...this.#progress })
  }

  async #swap(manifest: Manifest, etag: string | null): Promise<void> {
    const { target } = this
    const bytes = printManifest(manifest)
    assert(bytes.length <= manifestBytesMax, 'a manifest that is written can be read')
    const names = manifest.parts.map(({ part }) => `${part.name}\t1\n`)
    if ((await target.get('format_version.txt')) === null) await target.put('format_version.txt', encodeText('1'))
    try {
      // A store that gives no tags is asked again, which leaves a moment in which two could publish.
      if (etag === '' && (await loadManifest(target, this.#where))?.manifest.generation !== manifest.generation - 1)
        throw new DBError('COORDINATION_ERROR', 'The manifest has changed')
      await target.put(manifestFile, bytes, etag === null ? { ifAbsent: true } : etag === '' ? {} : { ifMatch: etag })
    } catch (error) {
      if (error instanceof DBError && /^(COORDINATION_ERROR|FILE_ALREADY_EXISTS)$/.test(error.errorName))
        throw new DBError(
          'COORDINATION_ERROR',
          `Somebody else published to ${this.#where} at the same time. Their manifest stays; publish again to replace it`,
          { cause: error },
        )
      throw error
    }
    await target.put('.index', encodeText(`format_version.txt\t0\t1\n${names.join('')}`))
  }

  /** Parts that went out of the manifests long ago, and what publications that ended early left. */
  async #removeOld(
    named: ReadonlySet<string>,
    last: Manifest | null,
    removable: readonly RetiredPart[],
    isOld: (at: { sinceMs: number }) => boolean,
  ): Promise<number> {
    const { target } = this
    if (!target.can.list) return 0
    const waiting = new Set([
      ...named,
      ...(last?.parts ?? []).map(({ part }) => part.name),
      ...(last?.retired ?? []).map(({ name }) => name),
    ])
    for (const { name } of removable) waiting.delete(name)
    let removed = 0
    for (const prefix of (await target.listDirectory('')).prefixes) {
      const name = prefix.slice(0, -1)
      if (waiting.has(name) || !tryParsePartName(name)) continue
      const keys: string[] = []
      let newest = 0
      for await (const { key, modifiedMs } of target.list(prefix)) {
        keys.push(key)
        newest = Math.max(newest, modifiedMs)
      }
      if (!removable.some(one => one.name === name) && !isOld({ sinceMs: newest })) continue
      // checksums.txt first: a part is there only while it is there whole.
      const first = `${prefix}checksums.txt`
      await target.remove([first])
      await target.remove(keys.filter(key => key !== first))
      removed++
    }
    return removed
  }
}

type LookedPart = Omit<PlannedPart, 'name' | 'isThere' | 'isPacked'>

const packedSize = (part: PartInfo): number => packedPieces(part)?.size ?? 0

const bytesOf = ({ files }: PlannedPart): number => files.reduce((sum, { size }) => sum + size, 0)

const published = ({ part, name, checksum }: PlannedPart): PublishedPart => ({
  part: { ...part, ...tryParsePartName(name), name, path: name },
  checksum,
})

const isSameRange = (a: PartInfo, b: PartInfo): boolean =>
  a.partitionId === b.partitionId && a.minBlock === b.minBlock && a.maxBlock === b.maxBlock && a.level === b.level

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])

function hashOf(bytes: Uint8Array, { memory }: FrameCodec): string {
  const pointer = memory.scratch(bytes.length + 128)
  memory.copyIn(pointer + 16, bytes)
  memory.kernels.sipHash128(pointer + 16, bytes.length, pointer)
  return [...memory.bytes(pointer, 16)].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
