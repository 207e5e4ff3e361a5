// The whole state as of one transaction, in one file of a directory that is committed by its name.
//
//   magic 8 | chunk... ;  chunk: size u32 | CRC u32 | payload;  the last chunk's payload begins with 0
//
// Requests go on while it is written: a node that is to change, or to go, and was not written yet, is written before.
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import { encodeText } from '../../core/text.ts'
import type { Platform } from '../../platform.ts'
import type { Disk, FileWriter } from '../../storage/disk.ts'
import { crc32 } from './crc32.ts'
import type { Node } from './node.ts'
import type { KeeperState, KeptSession } from './state.ts'
import { readNode, readSession, writeNode, writeSession } from './transactionCodec.ts'

const magic = encodeText('GRNKSNP1')
const fileName = 'state'
const chunkBytes = 256 << 10
/** Of a state that has been damaged in memory or on the disk, rather than of nodes. */
const chunkBytesMax = 1 << 30
const chunkKind = { end: 0, head: 1, sessions: 2, nodes: 3 } as const
/** Nodes are looked at in such runs, between which others have their turn. */
const nodesAtOnce = 2000

export class SnapshotWriter {
  readonly zxid: number
  readonly #sessions: readonly KeptSession[]
  readonly #nodes: Iterator<Node>
  readonly #head: { lastSession: bigint; nodes: number }
  #writer = new ByteWriter(chunkBytes)
  #written = 0

  /** The state as it is now. */
  constructor(
    readonly platform: Platform,
    readonly state: KeeperState,
  ) {
    this.zxid = state.zxid
    this.#sessions = [...state.sessions.values()]
    this.#nodes = state.nodes.values()
    this.#head = { lastSession: state.lastSession, nodes: state.nodes.size }
    state.mark++
    state.beforeChange = node => this.#add(node)
  }

  /** To a directory that is not there yet. Durable when it resolves. isWanted: false gives up. */
  async write(disk: Disk, aside: string, directory: string, isWanted: () => boolean): Promise<void> {
    try {
      const file = await disk.create(`${aside}/${fileName}`)
      try {
        await this.#writeAll(file, isWanted)
      } catch (error) {
        await file.abort().catch(() => {}) // the first error is the one to tell
        throw error
      }
      await file.close()
    } finally {
      this.state.beforeChange = null
    }
    await disk.commit(aside, directory)
  }

  async #writeAll(file: FileWriter, isWanted: () => boolean): Promise<void> {
    await file.write(magic)
    const head = new ByteWriter()
    head.u8(chunkKind.head)
    head.f64(this.zxid)
    head.u64(this.#head.lastSession)
    head.varint(this.#sessions.length)
    head.varint(this.#head.nodes)
    await writeChunk(file, head.bytes())
    const sessions = new ByteWriter()
    sessions.u8(chunkKind.sessions)
    for (const session of this.#sessions) writeSession(sessions, session)
    await writeChunk(file, sessions.bytes())
    for (let isDone = false; !isDone; ) {
      if (!isWanted()) throw new DBError('ABORTED', 'The snapshot was given up')
      isDone = this.#addRun()
      await this.#writeNodes(file, isDone ? 0 : chunkBytes)
      await this.platform.clock.yield()
    }
    await this.#writeNodes(file, 0)
    if (this.#written !== this.#head.nodes)
      throw new DBError('LOGICAL_ERROR', `${this.#written} nodes were written, where there were ${this.#head.nodes}`)
    await writeChunk(file, Uint8Array.of(chunkKind.end))
  }

  /** Whether that were the last ones. */
  #addRun(): boolean {
    for (let left = nodesAtOnce; left > 0 && this.#writer.length < chunkBytes; left--) {
      const { value, done } = this.#nodes.next()
      if (done) return true
      this.#add(value)
    }
    return false
  }

  #add(node: Node): void {
    if (node.mark === this.state.mark) return
    node.mark = this.state.mark
    if (this.#writer.length === 0) this.#writer.u8(chunkKind.nodes)
    writeNode(this.#writer, node)
    this.#written++
  }

  /** What has gathered, if it is more than so much. */
  async #writeNodes(file: FileWriter, bytesMin: number): Promise<void> {
    const writer = this.#writer
    if (writer.length <= bytesMin) return
    this.#writer = new ByteWriter(chunkBytes)
    await writeChunk(file, writer.bytes())
  }
}

async function writeChunk(file: FileWriter, payload: Uint8Array): Promise<void> {
  const header = new ByteWriter(8)
  header.u32(payload.length)
  header.u32(crc32(payload))
  await file.write(header.bytes())
  await file.write(payload)
}

/** Makes the state what was written down. CORRUPTED_DATA, and the state as it was. */
export async function readSnapshot(disk: Disk, directory: string, state: KeeperState): Promise<void> {
  const path = `${directory}/${fileName}`
  const damaged = (what: string) => new DBError('CORRUPTED_DATA', `The snapshot ${path} is damaged: ${what}`)
  const size = await disk.size(path)
  if (size === null) throw damaged('it has no file')
  const found = await disk.read(path, 0, magic.length)
  if (found.length !== magic.length || found.some((byte, at) => byte !== magic[at])) throw damaged('its beginning')
  const sessions: KeptSession[] = []
  const nodes: Node[] = []
  let head: { zxid: number; lastSession: bigint; sessions: number; nodes: number } | null = null
  for (let at = magic.length; at < size; ) {
    const header = new ByteReader(await disk.read(path, at, at + 8))
    if (header.left < 8) break
    const length = header.u32()
    const crc = header.u32()
    if (length === 0 || length > chunkBytesMax || at + 8 + length > size) throw damaged('a length')
    const bytes = await disk.read(path, at + 8, at + 8 + length)
    if (bytes.length < length || crc32(bytes) !== crc) throw damaged('a checksum')
    at += 8 + length
    const reader = new ByteReader(bytes)
    switch (reader.u8()) {
      case chunkKind.head:
        head = {
          zxid: reader.f64(),
          lastSession: reader.u64(),
          sessions: reader.varint(),
          nodes: reader.varint(),
        }
        break
      case chunkKind.sessions:
        while (reader.left > 0) sessions.push(readSession(reader))
        break
      case chunkKind.nodes:
        while (reader.left > 0) nodes.push(readNode(reader))
        break
      case chunkKind.end:
        if (!head || head.sessions !== sessions.length || head.nodes !== nodes.length) throw damaged('its counts')
        state.restore(head.zxid, head.lastSession, sessions, nodes)
        return
      default:
        throw new DBError('UNKNOWN_FORMAT_VERSION', `${path} was written by another version`)
    }
  }
  throw damaged('its end is not there')
}
