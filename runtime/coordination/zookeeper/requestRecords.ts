// Requests as packets, in both directions. A server is asked more than this client asks: what zkCli, kazoo and Curator send besides.
import type { Operation, Request } from '../requests.ts'
import { type JuteReader, type JuteWriter, malformed } from './jute.ts'
import { opcode, xid } from './opcodes.ts'
import { readAcl, writeAcl } from './records.ts'

/** What a server is asked. */
export interface IncomingRequest {
  readonly xid: number
  readonly opcode: number
  readonly request: ServerRequest
}

export type ServerRequest =
  | Request
  | { readonly kind: 'ping' }
  | { readonly kind: 'closeSession' }
  | SetWatches
  | { readonly kind: 'removeWatches'; readonly path: string; readonly watched: WatchedBy; readonly isCheck: boolean }
  | { readonly kind: 'addWatch'; readonly path: string; readonly isRecursive: boolean }
  /** Each succeeds or fails by itself. */
  | { readonly kind: 'multiRead'; readonly requests: readonly ReadRequest[] }
  | { readonly kind: 'ephemerals'; readonly prefix: string }
  /** How many nodes are below the path. */
  | { readonly kind: 'descendants'; readonly path: string }
  | { readonly kind: 'whoAmI' }
  /** To be answered with Unsupported. */
  | { readonly kind: 'unknown' }

export type ReadRequest = Extract<Request, { readonly kind: 'get' | 'children' }>

/** An operation as it was asked for: whoever creates with the older opcode does not expect a Stat in the answer. */
export type IncomingOperation = Operation & { readonly wantsStat?: boolean }

/** Which watches a client wants to be rid of. */
export type WatchedBy = 'child' | 'data' | 'any'

/** After a new connection: what was watched, to be watched again, or told at once where it changed after relativeZxid. */
export interface SetWatches {
  readonly kind: 'setWatches'
  readonly relativeZxid: bigint
  readonly data: readonly string[]
  readonly exists: readonly string[]
  readonly child: readonly string[]
  readonly persistent: readonly string[]
  readonly recursive: readonly string[]
}

const isEphemeralFlag = 1
const isSequentialFlag = 2
const watchedBy: readonly (WatchedBy | undefined)[] = [undefined, 'child', 'data', 'any']

/** The whole packet. */
export function writeRequest(writer: JuteWriter, number: number, request: Request): void {
  const packet = writer.beginPacket()
  writer.int(number)
  switch (request.kind) {
    case 'get':
    case 'exists':
    case 'children':
      writer.int(readOpcodes[request.kind])
      writer.string(request.path)
      writer.boolean(request.watch)
      break
    case 'getAcl':
    case 'sync':
      writer.int(request.kind === 'sync' ? opcode.sync : opcode.getAcl)
      writer.string(request.path)
      break
    case 'setAcl':
      writer.int(opcode.setAcl)
      writer.string(request.path)
      writeAcl(writer, request.acl)
      writer.int(request.version)
      break
    case 'multi':
      writer.int(opcode.multi)
      for (const operation of request.operations) {
        writeMultiHeader(writer, operationOpcodes[operation.kind], false, -1)
        writeOperation(writer, operation)
      }
      writeMultiHeader(writer, opcode.error, true, -1)
      break
    case 'auth':
      writer.int(opcode.auth)
      writer.int(0)
      writer.string(request.scheme)
      writer.buffer(request.credentials)
      break
    default:
      writer.int(operationOpcodes[request.kind])
      writeOperation(writer, request)
  }
  writer.endPacket(packet)
}

export function writePing(writer: JuteWriter): void {
  writeBare(writer, xid.ping, opcode.ping)
}

export function writeCloseSession(writer: JuteWriter, number: number): void {
  writeBare(writer, number, opcode.closeSession)
}

export function writeSetWatches(
  writer: JuteWriter,
  { relativeZxid, data, exists, child }: Pick<SetWatches, 'relativeZxid' | 'data' | 'exists' | 'child'>,
): void {
  const packet = writer.beginPacket()
  writer.int(xid.setWatches)
  writer.int(opcode.setWatches)
  writer.long(relativeZxid)
  writer.strings(data)
  writer.strings(exists)
  writer.strings(child)
  writer.endPacket(packet)
}

/** In front of every operation of a multi and of every result; one more, which is done, ends them. */
export function writeMultiHeader(writer: JuteWriter, type: number, isDone: boolean, error: number): void {
  writer.int(type)
  writer.boolean(isDone)
  writer.int(error)
}

/** Throws on what is no packet of a client. */
export function readRequest(reader: JuteReader): IncomingRequest {
  const number = reader.int()
  const type = reader.int()
  return { xid: number, opcode: type, request: readBody(reader, type) }
}

const readOpcodes = { get: opcode.getData, exists: opcode.exists, children: opcode.getChildren2 } as const
/** create2 answers with the node's Stat. */
const operationOpcodes = {
  create: opcode.create2,
  delete: opcode.delete,
  set: opcode.setData,
  check: opcode.check,
} as const

function writeBare(writer: JuteWriter, number: number, type: number): void {
  const packet = writer.beginPacket()
  writer.int(number)
  writer.int(type)
  writer.endPacket(packet)
}

function writeOperation(writer: JuteWriter, operation: Operation): void {
  writer.string(operation.path)
  if (operation.kind !== 'create') {
    if (operation.kind === 'set') writer.buffer(operation.data)
    writer.int(operation.version)
    return
  }
  writer.buffer(operation.data)
  writeAcl(writer, operation.acl)
  writer.int((operation.isEphemeral ? isEphemeralFlag : 0) | (operation.isSequential ? isSequentialFlag : 0))
}

function readBody(reader: JuteReader, type: number): ServerRequest {
  switch (type) {
    case opcode.getData:
      return { kind: 'get', path: reader.string(), watch: reader.boolean() }
    case opcode.exists:
      return { kind: 'exists', path: reader.string(), watch: reader.boolean() }
    case opcode.getChildren:
    case opcode.getChildren2:
      return { kind: 'children', path: reader.string(), watch: reader.boolean() }
    case opcode.getAcl:
      return { kind: 'getAcl', path: reader.string() }
    case opcode.setAcl:
      return { kind: 'setAcl', path: reader.string(), acl: readAcl(reader), version: reader.int() }
    case opcode.sync:
      return { kind: 'sync', path: reader.string() }
    case opcode.multi:
      return readMulti(reader)
    case opcode.multiRead:
      return readMultiRead(reader)
    case opcode.auth:
      reader.int()
      return { kind: 'auth', scheme: reader.string(), credentials: reader.buffer() }
    case opcode.ping:
      return { kind: 'ping' }
    case opcode.closeSession:
      return { kind: 'closeSession' }
    case opcode.setWatches:
    case opcode.setWatches2:
      return {
        kind: 'setWatches',
        relativeZxid: reader.long(),
        data: reader.strings(),
        exists: reader.strings(),
        child: reader.strings(),
        persistent: type === opcode.setWatches2 ? reader.strings() : [],
        recursive: type === opcode.setWatches2 ? reader.strings() : [],
      }
    case opcode.checkWatches:
    case opcode.removeWatches: {
      const path = reader.string()
      const watched = watchedBy[reader.int()]
      return watched
        ? { kind: 'removeWatches', path, watched, isCheck: type === opcode.checkWatches }
        : { kind: 'unknown' }
    }
    case opcode.addWatch:
      return { kind: 'addWatch', path: reader.string(), isRecursive: reader.int() === 1 }
    case opcode.getEphemerals:
      return { kind: 'ephemerals', prefix: reader.string() }
    case opcode.getAllChildrenNumber:
      return { kind: 'descendants', path: reader.string() }
    case opcode.whoAmI:
      return { kind: 'whoAmI' }
    default:
      return readOperation(reader, type) ?? { kind: 'unknown' }
  }
}

/** null: nothing that this model knows (containers, nodes with a time to live). */
function readOperation(reader: JuteReader, type: number): IncomingOperation | null {
  switch (type) {
    case opcode.create:
    case opcode.create2: {
      const path = reader.string()
      const data = reader.packedBuffer()
      const acl = readAcl(reader)
      const flags = reader.int()
      if (flags < 0 || flags > (isEphemeralFlag | isSequentialFlag)) return null
      return {
        kind: 'create',
        path,
        data,
        acl,
        isEphemeral: (flags & isEphemeralFlag) !== 0,
        isSequential: (flags & isSequentialFlag) !== 0,
        wantsStat: type === opcode.create2,
      }
    }
    case opcode.delete:
      return { kind: 'delete', path: reader.string(), version: reader.int() }
    case opcode.setData:
      return { kind: 'set', path: reader.string(), data: reader.packedBuffer(), version: reader.int() }
    case opcode.check:
      return { kind: 'check', path: reader.string(), version: reader.int() }
    default:
      return null
  }
}

/** The type of an operation of the multi; null at their end. */
function readMultiHeader(reader: JuteReader): number | null {
  const type = reader.int()
  const isDone = reader.boolean()
  reader.int()
  return isDone ? null : type
}

function readMulti(reader: JuteReader): ServerRequest {
  const operations: IncomingOperation[] = []
  for (;;) {
    const type = readMultiHeader(reader)
    if (type === null) return { kind: 'multi', operations }
    const operation = readOperation(reader, type)
    if (operation === null) return { kind: 'unknown' }
    operations.push(operation)
  }
}

function readMultiRead(reader: JuteReader): ServerRequest {
  const requests: ReadRequest[] = []
  for (;;) {
    const type = readMultiHeader(reader)
    if (type === null) return { kind: 'multiRead', requests }
    if (type !== opcode.getData && type !== opcode.getChildren) throw malformed(`a multiRead with an operation ${type}`)
    const kind = type === opcode.getData ? 'get' : 'children'
    requests.push({ kind, path: reader.string(), watch: reader.boolean() })
  }
}
