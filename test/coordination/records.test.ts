// ZooKeeper's packets: what is written is read back, what is cut short or lies about its lengths is refused.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { DBError } from '../../runtime/core/errors.ts'
import type { Acl, Operation, Request, Result, Stat } from '../../runtime/coordination/requests.ts'
import { readAnswer, writeAnswer } from '../../runtime/coordination/zookeeper/answerRecords.ts'
import { Frames } from '../../runtime/coordination/zookeeper/frames.ts'
import { JuteReader, JuteWriter } from '../../runtime/coordination/zookeeper/jute.ts'
import {
  readConnectAnswer,
  readConnectRequest,
  readEvent,
  writeConnectAnswer,
  writeConnectRequest,
  writeEvent,
} from '../../runtime/coordination/zookeeper/records.ts'
import {
  type IncomingRequest,
  readRequest,
  writeCloseSession,
  writePing,
  writeRequest,
  writeSetWatches,
} from '../../runtime/coordination/zookeeper/requestRecords.ts'

const int = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
const long = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
const time = fc.integer({ min: -(2 ** 52), max: 2 ** 52 })
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('/a', '/é', '/日本', `/${'x'.repeat(60)}`),
)
const bytes = fc.uint8Array({ maxLength: 200 })
const acl: fc.Arbitrary<Acl[]> = fc.array(fc.record({ permissions: int, scheme: text, id: text }), { maxLength: 3 })
const stat: fc.Arbitrary<Stat> = fc.record({
  czxid: long,
  mzxid: long,
  pzxid: long,
  ctime: time,
  mtime: time,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: long,
  dataLength: int,
  numChildren: int,
})
const watch = fc.boolean()
const kind = <Kind extends string>(name: Kind) => fc.constant(name)
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: kind('create'),
    path: text,
    data: bytes,
    acl,
    isEphemeral: fc.boolean(),
    isSequential: fc.boolean(),
  }),
  fc.record({ kind: kind('delete'), path: text, version: int }),
  fc.record({ kind: kind('set'), path: text, data: bytes, version: int }),
  fc.record({ kind: kind('check'), path: text, version: int }),
)
const request: fc.Arbitrary<Request> = fc.oneof(
  operation,
  fc.record({ kind: fc.constantFrom('get', 'exists', 'children'), path: text, watch }) as fc.Arbitrary<Request>,
  fc.record({ kind: fc.constantFrom('getAcl', 'sync'), path: text }) as fc.Arbitrary<Request>,
  fc.record({ kind: kind('setAcl'), path: text, acl, version: int }),
  fc.record({ kind: kind('multi'), operations: fc.array(operation, { maxLength: 5 }) }),
  fc.record({ kind: kind('auth'), scheme: text, credentials: bytes }),
)

/** A request, and what may be answered to it. */
const exchange: fc.Arbitrary<[Request, Result]> = request.chain(asked => answerTo(asked).map(answer => [asked, answer]))

function answerTo(asked: Request): fc.Arbitrary<Result> {
  const error: fc.Arbitrary<Result> = fc.record({ kind: kind('error'), error: fc.constantFrom('NoNode', 'NoAuth') })
  return fc.oneof(error, success(asked))
}

function success(asked: Request): fc.Arbitrary<Result> {
  switch (asked.kind) {
    case 'create':
      return fc.record({ kind: kind('created'), path: text, stat })
    case 'set':
    case 'exists':
    case 'setAcl':
      return fc.record({ kind: kind('stat'), stat })
    case 'get':
      return fc.record({ kind: kind('data'), data: bytes, stat })
    case 'children':
      return fc.record({ kind: kind('children'), names: fc.array(text, { maxLength: 5 }), stat })
    case 'getAcl':
      return fc.record({ kind: kind('acl'), acl, stat })
    case 'multi':
      return fc.record({ kind: kind('multi'), results: fc.tuple(...asked.operations.map(answerTo)) })
    default:
      return fc.constant({ kind: 'done' })
  }
}

function written(write: (writer: JuteWriter) => void): Uint8Array {
  const writer = new JuteWriter()
  write(writer)
  return writer.take()
}

/** The one packet that these bytes are. */
function packet<T>(bytes: Uint8Array, read: (reader: JuteReader) => T): T {
  const got: T[] = []
  new Frames(1 << 20).push(bytes, reader => {
    got.push(read(reader))
    assert.equal(reader.left, 0, 'all of it is read')
  })
  assert.equal(got.length, 1)
  return got[0]!
}

/** Every shorter packet, with its right length in front, is refused or is a packet that is whole by chance. */
function cutEverywhere(bytes: Uint8Array, read: (reader: JuteReader) => unknown): void {
  for (let end = 4; end < bytes.length; end++) {
    try {
      read(new JuteReader(bytes.slice(4, end)))
    } catch (error) {
      assert(error instanceof DBError, String(error))
    }
  }
}

/** As it was asked for: what the decoder adds for its answer is left out. */
function plain(asked: unknown): unknown {
  return JSON.parse(
    JSON.stringify(asked, (name, value) =>
      name === 'wantsStat' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
    ),
  )
}

describe("ZooKeeper's packets", () => {
  test('requests are read as they were written, and refused when they are cut short', () => {
    fc.assert(
      fc.property(request, int, (asked, number) => {
        const bytes = written(writer => writeRequest(writer, number, asked))
        const got = packet(bytes, readRequest)
        assert.equal(got.xid, number)
        assert.deepEqual(plain(got.request), plain(asked))
        cutEverywhere(bytes, readRequest)
      }),
      { numRuns: 200 },
    )
  })

  test('answers are read as they were written, and refused when they are cut short', () => {
    fc.assert(
      fc.property(exchange, long, ([asked, result], zxid) => {
        const incoming = packet(
          written(writer => writeRequest(writer, 7, asked)),
          readRequest,
        )
        const bytes = written(writer => writeAnswer(writer, incoming, zxid, result))
        const read = (reader: JuteReader) => {
          assert.equal(reader.int(), 7)
          assert.equal(reader.long(), zxid)
          return readAnswer(reader, asked, reader.int())
        }
        assert.deepEqual(
          plain(
            packet(bytes, reader => {
              const answer = read(reader)
              if (asked.kind === 'sync') reader.within(0, 0) // its path is of no interest
              return answer
            }),
          ),
          plain(result),
        )
        cutEverywhere(bytes.slice(16), reader => readAnswer(reader, asked, 0))
      }),
      { numRuns: 200 },
    )
  })

  test('connect, ping, close, watches and events', () => {
    const password = new Uint8Array(16).fill(3)
    for (const canBeReadOnly of [null, false, true]) {
      const asked = { lastZxidSeen: -5n, timeoutMs: 30_000, sessionId: 1n << 60n, password, canBeReadOnly }
      assert.deepEqual(
        packet(
          written(writer => writeConnectRequest(writer, asked)),
          readConnectRequest,
        ),
        asked,
      )
      const answer = { timeoutMs: 4000, sessionId: -2n, password, isReadOnly: canBeReadOnly }
      assert.deepEqual(
        packet(
          written(writer => writeConnectAnswer(writer, answer)),
          readConnectAnswer,
        ),
        answer,
      )
    }
    assert.deepEqual(packet(written(writePing), readRequest), { xid: -2, opcode: 11, request: { kind: 'ping' } })
    assert.deepEqual(
      packet(
        written(writer => writeCloseSession(writer, 5)),
        readRequest,
      ),
      { xid: 5, opcode: -11, request: { kind: 'closeSession' } },
    )
    const watches = { relativeZxid: 77n, data: ['/a', '/b'], exists: ['/c'], child: [] }
    assert.deepEqual(
      packet(
        written(writer => writeSetWatches(writer, watches)),
        readRequest,
      ).request,
      { kind: 'setWatches', ...watches, persistent: [], recursive: [] },
    )
    for (const what of ['created', 'deleted', 'changed', 'children'] as const) {
      const bytes = written(writer => writeEvent(writer, { kind: what, path: '/a/b' }))
      const event = packet(bytes, reader => {
        assert.equal(reader.int(), -1)
        assert.equal(reader.long(), -1n)
        assert.equal(reader.int(), 0)
        return readEvent(reader)
      })
      assert.deepEqual(event, { kind: what, path: '/a/b' })
    }
  })

  test('requests of other clients: older opcodes, many reads, what is not known', () => {
    const body = (type: number, write: (writer: JuteWriter) => void): IncomingRequest =>
      packet(
        written(writer => {
          const begun = writer.beginPacket()
          writer.int(1)
          writer.int(type)
          write(writer)
          writer.endPacket(begun)
        }),
        reader => {
          const got = readRequest(reader)
          if (got.request.kind === 'unknown') reader.within(0, 0)
          return got
        },
      )
    const path = (writer: JuteWriter) => writer.string('/p')
    const create = body(1, writer => {
      path(writer)
      writer.buffer(null)
      writer.int(0)
      writer.int(3)
    })
    assert.equal(create.request.kind === 'create' && create.request.isEphemeral && create.request.isSequential, true)
    const answer = written(writer => writeAnswer(writer, create, 1n, { kind: 'created', path: '/p', stat: null }))
    assert.equal(answer.length, 4 + 16 + 4 + 2)
    assert.deepEqual(body(103, path).request, { kind: 'ephemerals', prefix: '/p' })
    assert.deepEqual(body(104, path).request, { kind: 'descendants', path: '/p' })
    assert.deepEqual(body(107, () => {}).request, { kind: 'whoAmI' })
    const removal = (writer: JuteWriter) => {
      path(writer)
      writer.int(2)
    }
    assert.deepEqual(body(18, removal).request, { kind: 'removeWatches', path: '/p', watched: 'data', isCheck: false })
    const reads = (writer: JuteWriter) => {
      for (const type of [4, 8]) {
        writer.int(type)
        writer.boolean(false)
        writer.int(-1)
        path(writer)
        writer.boolean(true)
      }
      writer.int(-1)
      writer.boolean(true)
      writer.int(-1)
    }
    assert.deepEqual(body(22, reads).request, {
      kind: 'multiRead',
      requests: [
        { kind: 'get', path: '/p', watch: true },
        { kind: 'children', path: '/p', watch: true },
      ],
    })
    for (const type of [19, 21, 16, 9999, -5]) assert.equal(body(type, path).request.kind, 'unknown')
  })

  test('a failed multi tells which operation failed', () => {
    const operations = ['/a', '/b', '/c'].map(path => ({ kind: 'delete' as const, path, version: -1 }))
    const asked: Request = { kind: 'multi', operations }
    const incoming = packet(
      written(writer => writeRequest(writer, 1, asked)),
      readRequest,
    )
    const results: Result[] = (['RolledBack', 'NotEmpty', 'RolledBack'] as const).map(error => ({
      kind: 'error',
      error,
    }))
    const bytes = written(writer => writeAnswer(writer, incoming, 1n, { kind: 'multi', results }))
    const got = packet(bytes, reader => {
      reader.long()
      reader.long()
      return readAnswer(reader, asked, 0)
    })
    assert.deepEqual(got, { kind: 'multi', results })
  })

  test('packets are whole however they are cut, and one behind the other', () => {
    const writer = new JuteWriter()
    const paths = Array.from({ length: 50 }, (_, index) => `/${'n'.repeat(index * 7)}`)
    paths.forEach((path, index) => {
      writeRequest(writer, index, { kind: 'sync', path })
    })
    const all = writer.take()
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }), sizes => {
        const frames = new Frames(1000)
        const got: string[] = []
        let at = 0
        for (let turn = 0; at < all.length; turn++) {
          const size = sizes[turn % sizes.length]!
          frames.push(all.slice(at, at + size), reader => {
            const { request: asked } = readRequest(reader)
            if (asked.kind === 'sync') got.push(asked.path)
          })
          at += size
        }
        assert.deepEqual(got, paths)
        assert.equal(frames.size, 0)
      }),
      { numRuns: 100 },
    )
  })

  test('lengths that cannot be are refused before anything is kept for them', () => {
    for (const length of [-1, -0x8000_0000, 0x7fff_ffff, (1 << 20) + 1]) {
      const bytes = new Uint8Array(4)
      new DataView(bytes.buffer).setInt32(0, length)
      assert.throws(() => new Frames(1 << 20).push(bytes, () => {}), DBError)
      const frames = new Frames(1 << 20)
      assert.throws(() => {
        for (const byte of bytes) frames.push(Uint8Array.of(byte), () => {})
      }, DBError)
    }
    const frames = new Frames(64 << 20)
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setInt32(0, 60 << 20)
    frames.push(bytes, () => {})
    assert.equal(frames.size, 8)
    for (const length of [0x7fff_ffff, -2, 5]) {
      const lying = written(writer => {
        writer.int(length)
        writer.int(0)
      })
      assert.throws(() => new JuteReader(lying).strings(), DBError)
      assert.throws(() => new JuteReader(lying).buffer(), DBError)
      assert.throws(() => new JuteReader(lying).string(), DBError)
    }
  })

  test('bytes that were taken are not written to again', () => {
    const writer = new JuteWriter()
    const taken = Array.from({ length: 200 }, (_, index) => {
      writer.buffer(new Uint8Array(1000 + index).fill(index))
      return writer.take()
    })
    taken.forEach((part, index) => {
      assert.deepEqual(new JuteReader(part).buffer(), new Uint8Array(1000 + index).fill(index))
    })
    writer.int(1)
    const { size } = writer
    writer.buffer(new Uint8Array(1 << 20))
    writer.rewind(size)
    writer.int(2)
    assert.equal(new JuteReader(writer.take()).long(), (1n << 32n) | 2n)
  })
})
