// Transactions and nodes as bytes, little-endian: docs/keeper.md has the layout.
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import { type Acl, type Operation, openAcl } from '../requests.ts'
import { Node } from './node.ts'
import type { Identity } from './rights.ts'
import type { KeptSession } from './state.ts'
import type { Change, Transaction } from './transactions.ts'

const kinds = { openSession: 1, closeSession: 2, change: 3 } as const
const changeKinds = { create: 1, delete: 2, set: 3, check: 4, setAcl: 5, multi: 6 } as const
const isEphemeralFlag = 1
const isSequentialFlag = 2
/** The usual list of rights is left out. */
const hasAclFlag = 4

export function writeTransaction(writer: ByteWriter, transaction: Transaction): void {
  writer.u8(kinds[transaction.kind])
  writer.u64(transaction.session)
  switch (transaction.kind) {
    case 'openSession':
      writer.u32(transaction.timeoutMs)
      writeBytes(writer, transaction.password)
      break
    case 'closeSession':
      break
    case 'change':
      writer.varint(transaction.identities.length)
      for (const { scheme, id } of transaction.identities) {
        writer.text(scheme)
        writer.text(id)
      }
      writeChange(writer, transaction.change)
  }
}

export function readTransaction(reader: ByteReader): Transaction {
  const kind = reader.u8()
  const session = reader.u64()
  switch (kind) {
    case kinds.openSession:
      return { kind: 'openSession', session, timeoutMs: reader.u32(), password: readBytes(reader) }
    case kinds.closeSession:
      return { kind: 'closeSession', session }
    case kinds.change: {
      const identities: Identity[] = []
      for (let left = reader.varint(); left > 0; left--) identities.push({ scheme: reader.text(), id: reader.text() })
      return { kind: 'change', session, identities, change: readChange(reader) }
    }
    default:
      throw unknown('transaction', kind)
  }
}

function writeChange(writer: ByteWriter, change: Change): void {
  writer.u8(changeKinds[change.kind])
  switch (change.kind) {
    case 'multi':
      writer.varint(change.operations.length)
      for (const operation of change.operations) writeChange(writer, operation)
      return
    case 'create':
      writer.text(change.path)
      writer.u8(
        (change.isEphemeral ? isEphemeralFlag : 0) |
          (change.isSequential ? isSequentialFlag : 0) |
          (change.acl === openAcl ? 0 : hasAclFlag),
      )
      if (change.acl !== openAcl) writeAcl(writer, change.acl)
      writeBytes(writer, change.data)
      return
    case 'set':
      writer.text(change.path)
      writer.i32(change.version)
      writeBytes(writer, change.data)
      return
    case 'setAcl':
      writer.text(change.path)
      writer.i32(change.version)
      writeAcl(writer, change.acl)
      return
    default:
      writer.text(change.path)
      writer.i32(change.version)
  }
}

function readChange(reader: ByteReader): Change {
  const kind = reader.u8()
  if (kind !== changeKinds.multi) return readSingle(reader, kind)
  const operations: Operation[] = []
  for (let left = reader.varint(); left > 0; left--) {
    const operation = readSingle(reader, reader.u8())
    if (operation.kind === 'setAcl') throw unknown('operation of a multi', changeKinds.setAcl)
    operations.push(operation)
  }
  return { kind: 'multi', operations }
}

function readSingle(reader: ByteReader, kind: number): Exclude<Change, { kind: 'multi' }> {
  const path = reader.text()
  switch (kind) {
    case changeKinds.create: {
      const flags = reader.u8()
      const acl = flags & hasAclFlag ? readAcl(reader) : openAcl
      return {
        kind: 'create',
        path,
        acl,
        isEphemeral: (flags & isEphemeralFlag) !== 0,
        isSequential: (flags & isSequentialFlag) !== 0,
        data: readBytes(reader),
      }
    }
    case changeKinds.delete:
      return { kind: 'delete', path, version: reader.i32() }
    case changeKinds.set:
      return { kind: 'set', path, version: reader.i32(), data: readBytes(reader) }
    case changeKinds.check:
      return { kind: 'check', path, version: reader.i32() }
    case changeKinds.setAcl:
      return { kind: 'setAcl', path, version: reader.i32(), acl: readAcl(reader) }
    default:
      throw unknown('change', kind)
  }
}

export function writeSession(writer: ByteWriter, { id, timeoutMs, password }: KeptSession): void {
  writer.u64(id)
  writer.u32(timeoutMs)
  writeBytes(writer, password)
}

export function readSession(reader: ByteReader): KeptSession {
  return { id: reader.u64(), timeoutMs: reader.u32(), password: readBytes(reader), ephemerals: new Set() }
}

export function writeNode(writer: ByteWriter, node: Node): void {
  writer.text(node.path)
  writer.u64(node.owner)
  writer.f64(node.czxid)
  writer.f64(node.mzxid)
  writer.f64(node.pzxid)
  writer.f64(node.ctime)
  writer.f64(node.mtime)
  writer.i32(node.version)
  writer.i32(node.aversion)
  writer.i32(node.creates)
  writer.u8(node.acl === openAcl ? 0 : hasAclFlag)
  if (node.acl !== openAcl) writeAcl(writer, node.acl)
  writeBytes(writer, node.data)
}

export function readNode(reader: ByteReader): Node {
  const path = reader.text()
  const owner = reader.u64()
  const czxid = reader.f64()
  const mzxid = reader.f64()
  const pzxid = reader.f64()
  const node = new Node(path, owner, czxid, reader.f64())
  node.mzxid = mzxid
  node.pzxid = pzxid
  node.mtime = reader.f64()
  node.version = reader.i32()
  node.aversion = reader.i32()
  node.creates = reader.i32()
  if (reader.u8() & hasAclFlag) node.acl = readAcl(reader)
  node.data = readBytes(reader)
  return node
}

function writeAcl(writer: ByteWriter, acl: readonly Acl[]): void {
  writer.varint(acl.length)
  for (const { permissions, scheme, id } of acl) {
    writer.u32(permissions)
    writer.text(scheme)
    writer.text(id)
  }
}

function readAcl(reader: ByteReader): Acl[] {
  const acl: Acl[] = []
  for (let left = reader.varint(); left > 0; left--)
    acl.push({ permissions: reader.u32() | 0, scheme: reader.text(), id: reader.text() })
  return acl
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length)
  writer.raw(bytes)
}

/** A copy: what was read from the disk is not kept for the sake of a few of its bytes. */
const readBytes = (reader: ByteReader): Uint8Array => reader.raw(reader.varint()).slice()

const unknown = (what: string, kind: number): DBError =>
  new DBError(
    'UNKNOWN_FORMAT_VERSION',
    `The keeper's files have a ${what} of kind ${kind}, which this version does not know`,
  )
