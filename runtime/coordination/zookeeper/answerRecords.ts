// Answers as packets, in both directions. Behind the header an answer has a body only where it is no error.
import type { Failure, Request, Result } from '../requests.ts'
import { failureOf, numberOf } from './errorNumbers.ts'
import { type JuteReader, type JuteWriter, malformed } from './jute.ts'
import { opcode, xid } from './opcodes.ts'
import { readAcl, readStat, writeAcl, writeReplyHeader, writeStat } from './records.ts'
import { type IncomingOperation, type IncomingRequest, writeMultiHeader } from './requestRecords.ts'

/** What a server answers. */
export type ServerResult =
  | Result
  /** Of a multiRead: each by itself. */
  | { readonly kind: 'multiRead'; readonly results: readonly Result[] }
  | { readonly kind: 'ephemerals'; readonly paths: readonly string[] }
  | { readonly kind: 'descendants'; readonly count: number }
  | { readonly kind: 'whoAmI'; readonly users: readonly { readonly scheme: string; readonly user: string }[] }

/** The whole packet, in the shape that this request asked for. */
export function writeAnswer(
  writer: JuteWriter,
  { xid: number, opcode: type, request }: IncomingRequest,
  zxid: bigint,
  result: ServerResult,
): void {
  const packet = writer.beginPacket()
  writeReplyHeader(writer, number, zxid, result.kind === 'error' ? numberOf(result.error) : 0)
  switch (result.kind) {
    case 'created':
      writer.string(result.path)
      if (type === opcode.create2 && result.stat) writeStat(writer, result.stat)
      break
    case 'stat':
      writeStat(writer, result.stat)
      break
    case 'data':
      writer.buffer(result.data)
      writeStat(writer, result.stat)
      break
    case 'children':
      writer.strings(result.names)
      if (type === opcode.getChildren2) writeStat(writer, result.stat)
      break
    case 'acl':
      writeAcl(writer, result.acl)
      writeStat(writer, result.stat)
      break
    case 'multi':
      writeMultiResults(writer, request.kind === 'multi' ? request.operations : [], result.results)
      break
    case 'multiRead':
      writeReadResults(writer, result.results)
      break
    case 'ephemerals':
      writer.strings(result.paths)
      break
    case 'descendants':
      writer.int(result.count)
      break
    case 'whoAmI':
      writer.int(result.users.length)
      for (const { scheme, user } of result.users) {
        writer.string(scheme)
        writer.string(user)
      }
      break
    case 'done':
      if (request.kind === 'sync') writer.string(request.path)
  }
  writer.endPacket(packet)
}

/** The whole packet of an answer to a ping. */
export function writePong(writer: JuteWriter, zxid: bigint): void {
  const packet = writer.beginPacket()
  writeReplyHeader(writer, xid.ping, zxid, 0)
  writer.endPacket(packet)
}

/** What comes behind the header. Throws on what is no answer to this request. */
export function readAnswer(reader: JuteReader, request: Request, error: number): Result {
  if (error !== 0) return failureOf(error)
  switch (request.kind) {
    case 'create': {
      const path = reader.string()
      return { kind: 'created', path, stat: reader.left > 0 ? readStat(reader) : null }
    }
    case 'exists':
    case 'set':
    case 'setAcl':
      return { kind: 'stat', stat: readStat(reader) }
    case 'get':
      return { kind: 'data', data: reader.buffer(), stat: readStat(reader) }
    case 'children':
      return { kind: 'children', names: reader.strings(), stat: readStat(reader) }
    case 'getAcl':
      return { kind: 'acl', acl: readAcl(reader), stat: readStat(reader) }
    case 'multi':
      return { kind: 'multi', results: readMultiResults(reader, request.operations.length) }
    default:
      return { kind: 'done' }
  }
}

const rolledBack: Failure = { kind: 'error', error: 'RolledBack' }

function writeMultiResults(
  writer: JuteWriter,
  operations: readonly IncomingOperation[],
  results: readonly Result[],
): void {
  const failed = results.findIndex(result => result.kind === 'error' && result.error !== 'RolledBack')
  results.forEach((result, index) => {
    const operation = operations[index]
    if (result.kind === 'error') {
      // ZooKeeper tells apart what was undone, by 0, from what was not tried.
      const error = index < failed ? 0 : numberOf(result.error)
      writeMultiHeader(writer, opcode.error, false, error)
      writer.int(error)
    } else if (result.kind === 'created') {
      const stat = operation?.wantsStat ? result.stat : null
      writeMultiHeader(writer, stat ? opcode.create2 : opcode.create, false, 0)
      writer.string(result.path)
      if (stat) writeStat(writer, stat)
    } else if (result.kind === 'stat') {
      writeMultiHeader(writer, opcode.setData, false, 0)
      writeStat(writer, result.stat)
    } else writeMultiHeader(writer, operation?.kind === 'check' ? opcode.check : opcode.delete, false, 0)
  })
  writeMultiHeader(writer, opcode.error, true, -1)
}

function writeReadResults(writer: JuteWriter, results: readonly Result[]): void {
  for (const result of results) {
    if (result.kind === 'data') {
      writeMultiHeader(writer, opcode.getData, false, 0)
      writer.buffer(result.data)
      writeStat(writer, result.stat)
    } else if (result.kind === 'children') {
      writeMultiHeader(writer, opcode.getChildren, false, 0)
      writer.strings(result.names)
    } else {
      const error = numberOf(result.kind === 'error' ? result.error : 'SystemError')
      writeMultiHeader(writer, opcode.error, false, error)
      writer.int(error)
    }
  }
  writeMultiHeader(writer, opcode.error, true, -1)
}

function readMultiResults(reader: JuteReader, count: number): Result[] {
  const results: Result[] = []
  for (;;) {
    const type = reader.int()
    const isDone = reader.boolean()
    reader.int()
    if (isDone) break
    if (results.length === count) throw malformed(`more than ${count} results of a multi`)
    results.push(readMultiResult(reader, type))
  }
  if (results.length !== count) throw malformed(`${results.length} results of a multi of ${count}`)
  return results
}

function readMultiResult(reader: JuteReader, type: number): Result {
  switch (type) {
    case opcode.create:
      return { kind: 'created', path: reader.string(), stat: null }
    case opcode.create2:
      return { kind: 'created', path: reader.string(), stat: readStat(reader) }
    case opcode.setData:
      return { kind: 'stat', stat: readStat(reader) }
    case opcode.delete:
    case opcode.check:
      return { kind: 'done' }
    case opcode.error: {
      const error = reader.int()
      return error === 0 ? rolledBack : failureOf(error)
    }
    default:
      throw malformed(`a result of a multi of type ${type}`)
  }
}
