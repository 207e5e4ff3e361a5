// What connections begin with, the headers, and what requests and answers are made of.
import type { Acl, Stat, WatchEvent, WatchEventKind } from '../requests.ts'
import { type JuteReader, type JuteWriter, malformed } from './jute.ts'
import { xid } from './opcodes.ts'

/** Size of a session's password. */
export const passwordSize = 16

export interface ConnectRequest {
  readonly lastZxidSeen: bigint
  readonly timeoutMs: number
  /** 0n: a new session. */
  readonly sessionId: bigint
  readonly password: Uint8Array
  /** A server that is cut off from the others, and only reads, will do. null: a client before 3.4, which does not say. */
  readonly canBeReadOnly: boolean | null
}

export interface ConnectAnswer {
  /** 0 or less: the session has expired. */
  readonly timeoutMs: number
  readonly sessionId: bigint
  readonly password: Uint8Array
  /** null: not told, to a client before 3.4. */
  readonly isReadOnly: boolean | null
}

export function writeConnectRequest(writer: JuteWriter, request: ConnectRequest): void {
  const packet = writer.beginPacket()
  writer.int(0) // version of the protocol
  writer.long(request.lastZxidSeen)
  writer.int(request.timeoutMs)
  writer.long(request.sessionId)
  writer.buffer(request.password)
  if (request.canBeReadOnly !== null) writer.boolean(request.canBeReadOnly)
  writer.endPacket(packet)
}

export function readConnectRequest(reader: JuteReader): ConnectRequest {
  const version = reader.int()
  if (version !== 0) throw malformed(`a connect request of version ${version}`)
  const lastZxidSeen = reader.long()
  const timeoutMs = reader.int()
  const sessionId = reader.long()
  const password = reader.buffer()
  const canBeReadOnly = reader.left > 0 ? reader.boolean() : null
  return { lastZxidSeen, timeoutMs, sessionId, password, canBeReadOnly }
}

export function writeConnectAnswer(writer: JuteWriter, answer: ConnectAnswer): void {
  const packet = writer.beginPacket()
  writer.int(0)
  writer.int(answer.timeoutMs)
  writer.long(answer.sessionId)
  writer.buffer(answer.password)
  if (answer.isReadOnly !== null) writer.boolean(answer.isReadOnly)
  writer.endPacket(packet)
}

export function readConnectAnswer(reader: JuteReader): ConnectAnswer {
  const version = reader.int()
  if (version !== 0) throw malformed(`a connect answer of version ${version}`)
  const timeoutMs = reader.int()
  const sessionId = reader.long()
  const password = reader.buffer()
  const isReadOnly = reader.left > 0 ? reader.boolean() : null
  return { timeoutMs, sessionId, password, isReadOnly }
}

/** zxid: -1n in a watch event. error: 0 where it was done; an answer's body is left out where it was not. */
export function writeReplyHeader(writer: JuteWriter, number: number, zxid: bigint, error: number): void {
  writer.int(number)
  writer.long(zxid)
  writer.int(error)
}

export function writeStat(writer: JuteWriter, stat: Stat): void {
  writer.long(stat.czxid)
  writer.long(stat.mzxid)
  writer.longNumber(stat.ctime)
  writer.longNumber(stat.mtime)
  writer.int(stat.version)
  writer.int(stat.cversion)
  writer.int(stat.aversion)
  writer.long(stat.ephemeralOwner)
  writer.int(stat.dataLength)
  writer.int(stat.numChildren)
  writer.long(stat.pzxid)
}

export function readStat(reader: JuteReader): Stat {
  const czxid = reader.long()
  const mzxid = reader.long()
  const ctime = reader.longNumber()
  const mtime = reader.longNumber()
  const version = reader.int()
  const cversion = reader.int()
  const aversion = reader.int()
  const ephemeralOwner = reader.long()
  const dataLength = reader.int()
  const numChildren = reader.int()
  const pzxid = reader.long()
  return {
    czxid,
    mzxid,
    pzxid,
    ctime,
    mtime,
    version,
    cversion,
    aversion,
    ephemeralOwner,
    dataLength,
    numChildren,
  }
}

export function writeAcl(writer: JuteWriter, acl: readonly Acl[]): void {
  writer.int(acl.length)
  for (const { permissions, scheme, id } of acl) {
    writer.int(permissions)
    writer.string(scheme)
    writer.string(id)
  }
}

export function readAcl(reader: JuteReader): Acl[] {
  const acl: Acl[] = []
  for (let left = reader.count(12); left > 0; left--)
    acl.push({ permissions: reader.int(), scheme: reader.string(), id: reader.string() })
  return acl
}

const eventNumbers: Readonly<Record<WatchEventKind, number>> = { created: 1, deleted: 2, changed: 3, children: 4 }
const eventKinds: readonly (WatchEventKind | undefined)[] = [undefined, 'created', 'deleted', 'changed', 'children']
/** The state of the client as the server tells it in every event. */
const connectedState = 3

/** The whole packet. */
export function writeEvent(writer: JuteWriter, event: WatchEvent): void {
  const packet = writer.beginPacket()
  writeReplyHeader(writer, xid.event, -1n, 0)
  writer.int(eventNumbers[event.kind])
  writer.int(connectedState)
  writer.string(event.path)
  writer.endPacket(packet)
}

/** What comes behind the header; null: nothing that happened to a node. */
export function readEvent(reader: JuteReader): WatchEvent | null {
  const number = reader.int()
  reader.int()
  const path = reader.string()
  const kind = eventKinds[number]
  return kind ? { kind, path } : null
}
