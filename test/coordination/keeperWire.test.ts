// What a keeper does with clients that are not as they should be, and what only its wire shows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type KeeperServerOptions,
  type RunningKeeper,
  startKeeper,
} from '../../runtime/coordination/keeper/keeperServer.ts'
import { answerRead } from '../../runtime/coordination/keeper/serverRequests.ts'
import { Frames } from '../../runtime/coordination/zookeeper/frames.ts'
import { type JuteReader, JuteWriter } from '../../runtime/coordination/zookeeper/jute.ts'
import { opcode } from '../../runtime/coordination/zookeeper/opcodes.ts'
import {
  type ConnectAnswer,
  readConnectAnswer,
  readEvent,
  writeConnectRequest,
} from '../../runtime/coordination/zookeeper/records.ts'
import { writePing, writeRequest, writeSetWatches } from '../../runtime/coordination/zookeeper/requestRecords.ts'
import { type Request, openAcl } from '../../runtime/coordination/requests.ts'
import { encodeText } from '../../runtime/core/text.ts'
import type { Socket } from '../../runtime/platform.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { platformHere } from '../platform/here.ts'
import { eventually, sleep, within } from './contract/subject.ts'

const platform = { ...platformHere(), log: () => {} }

async function served(options: KeeperServerOptions, run: (keeper: RunningKeeper) => Promise<void>): Promise<void> {
  const keeper = await startKeeper(platform, new MemoryDisk(), { port: 0, tickMs: 200, ...options })
  try {
    await run(keeper)
  } finally {
    await keeper.close()
  }
}

/** A client without any manners of its own. */
class Raw {
  readonly #frames = new Frames(1 << 30)
  readonly #packets: { xid: number; zxid: bigint; error: number; event: string | null }[] = []
  #bytes: Uint8Array | null = null

  constructor(readonly socket: Socket) {}

  static async to(port: number): Promise<Raw> {
    return new Raw(await platform.connect!({ host: '127.0.0.1', port }))
  }

  async connect(options: Partial<Parameters<typeof writeConnectRequest>[1]> = {}): Promise<ConnectAnswer | null> {
    const writer = new JuteWriter()
    writeConnectRequest(writer, {
      lastZxidSeen: 0n,
      timeoutMs: 10_000,
      sessionId: 0n,
      password: new Uint8Array(16),
      canBeReadOnly: false,
      ...options,
    })
    await this.socket.write(writer.take())
    let answer: ConnectAnswer | null = null
    while (!answer) {
      const bytes = await this.socket.read().catch(() => null)
      if (!bytes) return null
      this.#frames.push(bytes, packet => {
        answer = readConnectAnswer(packet)
      })
    }
    return answer
  }

  send(...requests: readonly [number, Request][]): Promise<void> {
    const writer = new JuteWriter()
    for (const [xid, request] of requests) writeRequest(writer, xid, request)
    return this.socket.write(writer.take())
  }

  /** The next packet; null: the end. */
  async next() {
    for (;;) {
      const packet = this.#packets.shift()
      if (packet) return packet
      this.#bytes = await within(5000, 'an answer', this.socket.read()).catch(error => {
        if (/takes longer/.test(error.message)) throw error
        return null
      })
      if (!this.#bytes) return null
      this.#frames.push(this.#bytes, (reader: JuteReader) => {
        const xid = reader.int()
        const zxid = reader.long()
        const error = reader.int()
        const event = xid === -1 ? readEvent(reader) : null
        this.#packets.push({ xid, zxid, error, event: event && `${event.kind} ${event.path}` })
      })
    }
  }
}

/** What a keeper answers to one of the words for people. */
async function word(port: number, name: string): Promise<string> {
  const socket = await platform.connect!({ host: '127.0.0.1', port })
  await socket.write(encodeText(name))
  let text = ''
  for (let bytes = await socket.read(); bytes; bytes = await socket.read()) text += new TextDecoder().decode(bytes)
  await socket.close()
  return text
}

const createOf = (path: string, data = ''): Request => ({
  kind: 'create',
  path,
  data: encodeText(data),
  acl: openAcl,
  isEphemeral: false,
  isSequential: false,
})

test('a session goes over to a new connection, by its password alone', () =>
  served({}, async ({ port, keeper }) => {
    const first = await Raw.to(port)
    const { sessionId, password } = (await first.connect())!
    const thief = await Raw.to(port)
    assert.equal((await thief.connect({ sessionId }))!.sessionId, 0n)
    assert.equal(await thief.next(), null)
    await first.send([1, { kind: 'exists', path: '/a', watch: true }])
    assert.equal((await first.next())!.error, -101)
    const second = await Raw.to(port)
    assert.equal((await second.connect({ sessionId, password }))!.sessionId, sessionId)
    assert.equal(await first.next(), null)
    assert.equal(keeper.watches.count, 0)
    await second.send([1, createOf('/a')])
    assert.equal((await second.next())!.error, 0)
    const writer = new JuteWriter()
    writeSetWatches(writer, {
      relativeZxid: 1n,
      data: ['/zookeeper'],
      exists: ['/a', '/b'],
      child: ['/', '/zookeeper'],
    })
    await second.socket.write(writer.take())
    const told = [await second.next(), await second.next(), await second.next()]
    assert.deepEqual(
      told.map(packet => packet!.event),
      ['created /a', 'children /', null],
    )
    assert.equal(told[2]!.xid, -8)
    assert.equal(keeper.watches.count, 3)
    await second.socket.close()
  }))

test('a client that has seen more than there is, is turned away', () =>
  served({}, async ({ port }) => {
    const client = await Raw.to(port)
    assert.equal(await client.connect({ lastZxidSeen: 99n }), null)
  }))

test('time-outs are granted between two ticks and twenty', () =>
  served({}, async ({ port }) => {
    for (const [asked, granted] of [
      [1, 400],
      [1500, 1500],
      [99_999, 4000],
    ]) {
      const client = await Raw.to(port)
      assert.equal((await client.connect({ timeoutMs: asked }))!.timeoutMs, granted)
      await client.socket.close()
    }
  }))

test('who does not show a sign of life loses the session, and who pings does not', () =>
  served({ tickMs: 100 }, async ({ port, keeper }) => {
    const silent = await Raw.to(port)
    const alive = await Raw.to(port)
    await silent.connect({ timeoutMs: 1500 })
    await alive.connect({ timeoutMs: 1500 })
    let isOver = false
    const pings = (async () => {
      while (!isOver) {
        const writer = new JuteWriter()
        writePing(writer)
        await alive.socket.write(writer.take())
        assert.equal((await alive.next())!.xid, -2)
        await sleep(50)
      }
    })()
    assert.equal(await silent.next(), null)
    await sleep(500)
    isOver = true
    await pings
    assert.equal(keeper.sessions.size, 1)
    await alive.socket.close()
  }))

test('what is no packet ends its connection, and no other', () =>
  served({}, async ({ port }) => {
    const good = await Raw.to(port)
    await good.connect()
    const wrong: Uint8Array[] = [
      Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 1, 2, 3),
      Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      encodeText('GET / HTTP/1.1\r\n\r\n'),
      Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 9),
      new Uint8Array(100).fill(1),
    ]
    for (const bytes of wrong) {
      for (const isConnected of [false, true]) {
        const client = await Raw.to(port)
        if (isConnected) await client.connect()
        await client.socket.write(bytes)
        if (isConnected) assert.equal(await client.next(), null)
        else
          assert.equal(
            await within(
              5000,
              'the end',
              client.socket.read().catch(() => null),
            ),
            null,
          )
        await client.socket.close()
      }
    }
    await good.send([1, createOf('/a')])
    assert.equal((await good.next())!.error, 0)
    await good.socket.close()
  }))

test('a client that floods and does not read is held back, and others are served', () =>
  served({}, async ({ port, keeper }) => {
    const good = await Raw.to(port)
    await good.connect()
    await good.send([1, createOf('/big', 'x'.repeat(1 << 20))])
    assert.equal((await good.next())!.error, 0)
    const flood = await Raw.to(port)
    await flood.connect({ timeoutMs: 4000 })
    const gets = Array.from({ length: 2000 }, (_, i): [number, Request] => [
      i,
      { kind: 'get', path: '/big', watch: false },
    ])
    const sent = Promise.all([flood.send(...gets), flood.send(...gets)]).catch(() => {})
    for (let i = 0; i < 20; i++) {
      await good.send([i, createOf(`/n${i}`)])
      assert.equal((await good.next())!.error, 0)
      await sleep(5)
    }
    // Of 4,000 MiB that were asked for, no more is made than what the connection takes unread.
    const answered = Number(/zk_packets_sent\t(\d+)/.exec(await word(port, 'mntr'))![1])
    assert.ok(answered > 22 && answered < 100, `${answered} answers`)
    await flood.socket.close()
    await sent
    const writes = await Raw.to(port)
    await writes.connect()
    const creates = Array.from({ length: 20_000 }, (_, i): [number, Request] => [i, createOf(`/w${i}`)])
    void writes.send(...creates).catch(() => {})
    for (let i = 0; i < 20_000; i++) {
      const answer = await writes.next()
      assert.deepEqual([answer!.xid, answer!.error], [i, 0])
    }
    assert.equal(keeper.state.nodes.get('/')!.numChildren, 20_022)
    await Promise.all([good, writes].map(({ socket }) => socket.close()))
  }))

test('who watches more again than is told in time leaves no watches behind', () =>
  served({}, async ({ port, keeper }) => {
    const raw = await Raw.to(port)
    await raw.connect()
    const writer = new JuteWriter()
    const data = Array.from({ length: 400_000 }, () => '/x')
    writeSetWatches(writer, { relativeZxid: 0n, data, exists: ['/later'], child: [] })
    await raw.socket.write(writer.take())
    const [session] = keeper.sessions.values()
    await eventually('the connection is given up', () => !session.isHeld)
    assert.deepEqual([keeper.watches.count, keeper.watches.characters, keeper.watches.ownerCount], [0, 0, 0])
    await raw.socket.close()
  }))

test('credentials are kept once, and not without end', () =>
  served({}, async ({ port, keeper }) => {
    const raw = await Raw.to(port)
    await raw.connect()
    const [session] = keeper.sessions.values()
    const auth = (user: string): [number, Request] => [
      -4,
      { kind: 'auth', scheme: 'digest', credentials: encodeText(`${user}:password`) },
    ]
    await raw.send(...Array.from({ length: 1000 }, () => auth('same')))
    for (let i = 0; i < 1000; i++) assert.equal((await raw.next())!.error, 0)
    assert.equal(session.identities.filter(({ scheme }) => scheme === 'digest').length, 1)
    await raw.send(...Array.from({ length: 1000 }, (_, i) => auth(`user${i}`)))
    let taken = 0
    let answer = await raw.next()
    for (; answer?.error === 0; answer = await raw.next()) taken++
    assert.ok(taken > 100 && taken < 1000, `${taken} credentials`)
    assert.equal(answer?.error, -125)
    assert.equal(await raw.next(), null)
    await raw.socket.close()
  }))

test('one answer to many reads has an end', () =>
  served({}, async ({ coordinator, keeper }) => {
    const session = await coordinator.open()
    await session.create('/many')
    await Promise.all(Array.from({ length: 3000 }, (_, i) => session.create(`/many/${i}`)))
    const holder = { onEvent: () => {}, onEnd: () => {} }
    const requests = Array.from({ length: 1000 }, () => ({ kind: 'children', path: '/many', watch: false }) as const)
    const result = answerRead(keeper, keeper.sessions.get(session.id)!, holder, { kind: 'multiRead', requests }, [])
    assert.equal(result.kind, 'multiRead')
    const results = result.kind === 'multiRead' ? result.results : []
    assert.equal(results.length, 1000)
    assert.equal(results[0].kind, 'children')
    assert.deepEqual(results.at(-1), { kind: 'error', error: 'QuotaExceeded' })
    await session.close()
  }))

test('connections and sessions are limited', () =>
  served({ connectionsMax: 20, limits: { sessionsMax: 10 } }, async ({ port, keeper }) => {
    const clients = await Promise.all(Array.from({ length: 30 }, () => Raw.to(port)))
    const answers = await Promise.all(
      clients.map(client =>
        within(
          5000,
          'the answer',
          client.connect().catch(() => null),
        ),
      ),
    )
    const taken = answers.filter(answer => answer && answer.sessionId !== 0n)
    assert.equal(taken.length, 10)
    assert.equal(keeper.sessions.size, 10)
    await Promise.all(clients.map(({ socket }) => socket.close()))
    await eventually('an end of the connections', async () => {
      const again = await Raw.to(port)
      const { sessionId, password } = taken[0]!
      const answer = await again.connect({ sessionId, password }).catch(() => null)
      await again.socket.close()
      return answer?.sessionId === sessionId
    })
  }))

test('kinds of requests that are not known are answered as such', () =>
  served({}, async ({ port }) => {
    const client = await Raw.to(port)
    await client.connect()
    for (const type of [opcode.createTtl, opcode.createContainer, opcode.addWatch, 16, 777]) {
      const writer = new JuteWriter()
      const packet = writer.beginPacket()
      writer.int(type)
      writer.int(type)
      writer.string('/x')
      writer.int(0)
      writer.endPacket(packet)
      await client.socket.write(writer.take())
      const answer = await client.next()
      assert.deepEqual([answer!.xid, answer!.error], [type, -6])
    }
    await client.socket.close()
  }))

test('the words for people are answered', () =>
  served({}, async ({ port, coordinator }) => {
    const session = await coordinator.open()
    await session.create('/e', '', { isEphemeral: true })
    const ask = (name: string) => word(port, name)
    assert.equal(await ask('ruok'), 'imok')
    assert.equal(await ask('isro'), 'rw')
    assert.match(await ask('stat'), /^Zookeeper version: 3\.8\.\d.*\nClients:\n \/127\.0\.0\.1:\d+\[0\]\(queued=0,/)
    assert.match(
      await ask('srvr'),
      /\nLatency min\/avg\/max: \d+\/\d+\.\d+\/\d+\nReceived: \d+\n.*\nMode: standalone\nNode count: 5\n$/s,
    )
    assert.match(await ask('mntr'), /^zk_version\t3.*\nzk_ephemerals_count\t1\n/s)
    assert.match(await ask('conf'), new RegExp(`^clientPort=${port}\n.*tickTime=200\n`, 's'))
    assert.match(await ask('envi\n'), /^Environment:\nzookeeper\.version=3\.8\.\d/)
    assert.match(await ask('cons'), /^ \/127\.0\.0\.1:\d+\[0\]/)
    assert.match(await ask('dump'), /0x[0-9a-f]+:\n\t\/e\n/)
    assert.match(await ask('wchs'), /^0 connections watching 0 paths\nTotal watches:0\n$/)
  }))
