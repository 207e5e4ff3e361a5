// The ZooKeeper client before servers that are slow, go away, lie or talk nonsense.
import assert from 'node:assert/strict'
import net from 'node:net'
import { describe, test } from 'node:test'
import tls from 'node:tls'
import { clock } from '../../adapters/shared/clock.ts'
import { connect } from '../../adapters/shared/sockets.ts'
import type { Coordinator, SessionOptions, SessionState } from '../../runtime/coordination/coordinator.ts'
import { CoordinationError, type CoordinationErrorName } from '../../runtime/coordination/errors.ts'
import { writeReplyHeader } from '../../runtime/coordination/zookeeper/records.ts'
import { parseConnectString } from '../../runtime/coordination/zookeeper/connectString.ts'
import { type ZooKeeperOptions, zooKeeper } from '../../runtime/coordination/zookeeper/zooKeeper.ts'
import { DBError } from '../../runtime/core/errors.ts'
import { cert, key } from '../platform/certificate.ts'
import { type Peer, plausible, ScriptedServer, sessionId, password } from './scriptedServer.ts'

const logged: string[] = []
const platform = {
  clock,
  connect,
  random: () => 0.999, // servers keep their order
  log: (_level: string, text: string) => void logged.push(text),
}

type Script = (peer: Peer) => Promise<void>

/** A client of servers that do this, one server for each list of scripts. */
async function before(
  servers: Script[][],
  run: (client: Coordinator, servers: ScriptedServer[]) => Promise<void>,
  options: Partial<ZooKeeperOptions> = {},
): Promise<void> {
  logged.length = 0
  const started = await Promise.all(servers.map(scripts => ScriptedServer.start(...scripts)))
  const client = zooKeeper(platform, { servers: started.map(({ address }) => address).join(','), ...options })
  try {
    await run(client, started)
  } finally {
    await client.close()
    await Promise.all(started.map(server => server.stop()))
  }
}

const quick: SessionOptions = { timeoutMs: 3000, connectTimeoutMs: 3000, operationTimeoutMs: 2000 }
const welcome: Script = async peer => {
  await peer.welcome()
  await peer.serve()
}
const bytes = (...values: number[]): Script => {
  return async peer => {
    await peer.packet()
    await peer.raw(Uint8Array.from(values))
  }
}
const sleep = (ms: number) => clock.wait(ms)

async function fails(promise: Promise<unknown>, kind: CoordinationErrorName): Promise<CoordinationError> {
  const error = await promise.then(
    () => assert.fail(`${kind} was expected`),
    thrown => thrown as unknown,
  )
  assert(error instanceof CoordinationError, String(error))
  assert.equal(error.kind, kind, error.message)
  return error
}

async function eventually(holds: () => boolean): Promise<void> {
  for (const start = clock.monotonic(); !holds(); await sleep(5))
    assert(clock.monotonic() - start < 10_000, 'it comes in time')
}

describe('the ZooKeeper client', () => {
  test('reads where the servers are', () => {
    assert.deepEqual(parseConnectString('a:1,b,[::1]:3/x/y'), {
      servers: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2181 },
        { host: '::1', port: 3 },
      ],
      chroot: '/x/y',
    })
    assert.equal(parseConnectString('a/').chroot, '')
    for (const wrong of ['', 'a,', 'a:0', 'a:65536', 'a:x', 'a b', 'a/x/', 'a//x', 'http://a', '::1'])
      assert.throws(() => parseConnectString(wrong), DBError, wrong)
  })

  const nonsense: [string, Script][] = [
    ['talks HTTP', peer => peer.raw(new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    ['tells a length of 2 GB', bytes(0x7f, 0xff, 0xff, 0xff)],
    ['tells a negative length', bytes(0xff, 0xff, 0xff, 0xff, 0, 0)],
    [
      'tells a password longer than the packet',
      bytes(0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 9, 9, 0, 0, 0, 0, 0, 0, 0, 1, 9, 9, 9, 9),
    ],
    ['greets with an empty packet', bytes(0, 0, 0, 0)],
    ['ends at once', peer => peer.close()],
    [
      'ends amid its greeting',
      async peer => {
        await peer.packet()
        await peer.raw(Uint8Array.of(0, 0, 0, 37, 0, 0, 0))
        await peer.close()
      },
    ],
    [
      'refuses to make a session',
      async peer => {
        await peer.welcome({ sessionId: 0n, timeoutMs: 0 })
      },
    ],
    [
      'only reads',
      async peer => {
        await peer.welcome({ isReadOnly: true })
      },
    ],
  ]
  for (const [what, script] of nonsense)
    test(`a server that ${what} is left for the next`, () =>
      before([[script], [welcome]], async (client, servers) => {
        const session = await client.open(quick)
        assert.equal(session.id, sessionId)
        await session.get('/a')
        assert(
          logged.some(line => line.includes(servers[0]!.address)),
          logged.join('\n'),
        )
      }))

  test('a server that says nothing is left for the next', () =>
    before([[async () => {}], [welcome]], async client => {
      const session = await client.open({ ...quick, timeoutMs: 1000 })
      assert.equal(session.state, 'connected')
    }))

  test('without any server, opening fails and tells why', async () => {
    const gone = await ScriptedServer.start(welcome)
    await gone.stop()
    const client = zooKeeper(platform, { servers: gone.address })
    const error = await fails(client.open({ ...quick, connectTimeoutMs: 300 }), 'ConnectionLoss')
    assert(error.isUnsent)
    assert(error.message.includes(gone.address), error.message)
    const abort = new AbortController()
    const opening = client.open({ ...quick, signal: abort.signal })
    abort.abort()
    await fails(opening, 'Closed')
    const nowhere = { ...platform, connect: () => new Promise<never>(() => {}) }
    const later = new AbortController()
    const waiting = fails(zooKeeper(nowhere, { servers: 'a' }).open({ ...quick, signal: later.signal }), 'Closed')
    await sleep(50)
    later.abort()
    await waiting
  })

  const wrongAnswers: [string, Script][] = [
    ['a length of 2 GB', peer => peer.raw(Uint8Array.of(0x7f, 0xff, 0xff, 0xff))],
    ['an answer to no request', peer => peer.header(77)],
    ['the second answer before the first', peer => peer.header(2)],
    ['an answer without the Stat that belongs to it', peer => peer.header(1)],
    ['an answer to credentials that were not told', peer => peer.header(-4)],
    [
      'an event of half a path',
      peer => peer.raw(Uint8Array.of(0, 0, 0, 20, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
    ],
    [
      'half an answer, and its end',
      async peer => {
        await peer.raw(Uint8Array.of(0, 0, 0, 50, 0, 0, 0, 1, 0))
        await peer.close()
      },
    ],
  ]
  for (const [what, script] of wrongAnswers)
    test(`${what}: what was in flight fails, and the session goes on`, () =>
      before(
        [
          [
            async peer => {
              await peer.welcome()
              await peer.next()
              await peer.next()
              await script(peer)
              await peer.packet() // its end
            },
            welcome,
          ],
        ],
        async (client, [server]) => {
          const states: SessionState[] = []
          const session = await client.open({ ...quick, onState: state => states.push(state) })
          const asked = [session.get('/a'), session.set('/b', 'x')]
          for (const promise of asked) {
            const error = await fails(promise, 'ConnectionLoss')
            assert(error.isOutcomeUnknown)
          }
          await session.get('/c')
          assert(
            logged.some(line => line.includes(server!.address)),
            logged.join('\n'),
          )
          assert.deepEqual(states, ['connected', 'connecting', 'connected'])
          const again = server!.peers[1]!.connect
          assert.equal(again?.sessionId, sessionId)
          assert.deepEqual(again?.password, password)
        },
      ))

  test('a server that is behind what was seen is left for the next', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome()
            await peer.answer(await peer.next(), { kind: 'done' }, 5_000_000_000n)
            await peer.close()
          },
        ],
        [
          async peer => {
            await peer.welcome()
            peer.zxid = 4_999_999_999n
            await peer.serve()
          },
          async peer => {
            await peer.welcome()
            peer.zxid = 5_000_000_000n
            await peer.serve()
          },
        ],
      ],
      async (client, servers) => {
        const session = await client.open(quick)
        await session.sync('/')
        await eventually(() => session.state === 'connecting')
        await session.get('/a')
        assert.equal(servers[1]!.peers[0]!.connect?.lastZxidSeen, 5_000_000_000n)
        assert(
          logged.some(line => line.includes('behind')),
          logged.join('\n'),
        )
      },
    ))

  test('a session that a server calls expired is over', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome()
            await peer.next()
            await peer.close()
          },
          async peer => {
            await sleep(100)
            await peer.welcome({ sessionId: 0n, timeoutMs: 0 })
          },
        ],
      ],
      async client => {
        const session = await client.open(quick)
        const states: SessionState[] = []
        session.onState(state => states.push(state))
        await fails(session.set('/a', ''), 'ConnectionLoss')
        const late = await fails(session.set('/a', ''), 'SessionExpired')
        assert(late.isUnsent)
        assert.equal(await session.ended, 'expired')
        assert.deepEqual(states, ['connecting', 'expired'])
        await fails(session.get('/a'), 'SessionExpired')
      },
    ))

  test('a server that falls silent is noticed', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome({ timeoutMs: 600 })
            for (;;) await peer.packet()
          },
          welcome,
        ],
      ],
      async (client, [server]) => {
        const session = await client.open({ ...quick, timeoutMs: 600 })
        const start = clock.monotonic()
        await fails(session.get('/a'), 'ConnectionLoss')
        assert(clock.monotonic() - start < 1900, 'before the time for an operation is up')
        assert(server!.peers[0]!.reads.length > 2, 'it was pinged')
        await session.get('/a')
      },
    ))

  test('an answer that comes too late does not disturb the next', () => {
    let giveUp = () => {}
    const givenUp = new Promise<void>(resolve => (giveUp = resolve))
    return before(
      [
        [
          async peer => {
            await peer.welcome()
            const late = await peer.next()
            const next = await peer.next()
            await givenUp
            await peer.answer(late, { kind: 'error', error: 'NoNode' })
            await peer.answer(next, plausible(next))
            await peer.serve()
          },
        ],
      ],
      async client => {
        const session = await client.open({ ...quick, operationTimeoutMs: 1000 })
        const late = session.get('/late')
        await sleep(500)
        const next = session.get('/next')
        const error = await fails(late, 'OperationTimeout')
        assert(error.isOutcomeUnknown)
        giveUp()
        await next
        await session.get('/a')
      },
    )
  })

  test('what is asked without a connection waits for the next, or fails as never sent', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome()
            await peer.next()
            await peer.close()
          },
          async peer => {
            await sleep(300)
            await peer.close()
          },
          welcome,
        ],
      ],
      async client => {
        const session = await client.open({ ...quick, operationTimeoutMs: 200 })
        await fails(session.sync('/'), 'ConnectionLoss')
        const early = session.create('/early')
        const many = [1, 2].map(index => session.get(`/${index}`))
        const refused = await fails(session.get('/refused'), 'QuotaExceeded')
        assert(!refused.isOutcomeUnknown)
        const error = await fails(early, 'ConnectionLoss')
        assert(error.isUnsent)
        await Promise.allSettled(many)
        await eventually(() => session.state === 'connected')
        assert.equal(await session.create('/a'), '/a')
      },
      { waitingMax: 3 },
    ))

  test('watches are set again on a new connection, in packets that servers take', async () => {
    let isAgain = false
    const seen = { data: 0, exists: 0, child: 0 }
    const sizes: number[] = []
    await before(
      [
        [
          async peer => {
            await peer.welcome()
            for (let left = 3000; left > 0; left--) {
              const incoming = await peer.next()
              const { request } = incoming
              const isGone = request.kind === 'exists' && request.path.endsWith('gone')
              await peer.answer(incoming, isGone ? { kind: 'error', error: 'NoNode' } : plausible(incoming))
            }
            await peer.close()
          },
          async peer => {
            await peer.welcome()
            for (;;) {
              const { request } = await peer.next()
              if (request.kind !== 'setWatches') break
              assert.equal(request.relativeZxid, 3100n)
              for (const kind of ['data', 'exists', 'child'] as const) seen[kind] += request[kind].length
              sizes.push([...request.data, ...request.exists, ...request.child].join('').length)
              if (sizes.length === 1) {
                await peer.event({ kind: 'changed', path: request.data[0]! })
                await peer.event({ kind: 'deleted', path: '/nobody/watches/this' })
              }
              await peer.header(-8)
              if (seen.data + seen.exists + seen.child === 3000) break
            }
            isAgain = true
            await peer.serve()
          },
        ],
      ],
      async client => {
        const session = await client.open(quick)
        const states: SessionState[] = []
        session.onState(state => states.push(state))
        const events: string[] = []
        const watcher = (event: { kind: string; path: string }) => {
          events.push(`${event.kind} ${event.path.slice(0, 5)} ${session.state}`)
        }
        const name = 'n'.repeat(100)
        const all: Promise<unknown>[] = []
        for (let index = 0; index < 1000; index++) {
          all.push(session.get(`/${index}${name}`, watcher), session.children(`/${index}${name}`, watcher))
          all.push(session.exists(`/${index}${name}gone`, watcher))
        }
        await Promise.all(all)
        await eventually(() => session.state === 'connecting')
        await session.get('/a')
        assert(isAgain)
        assert.deepEqual(seen, { data: 1000, exists: 1000, child: 1000 })
        assert(sizes.length > 2 && Math.max(...sizes) < 128 << 10, sizes.join())
        assert.deepEqual(events, ['changed /0nnn connecting'])
        assert.deepEqual(states, ['connecting', 'connected'])
      },
    )
  })

  test('of a transaction whose events came in part, the rest is asked for again', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome()
            for (let left = 2; left > 0; left--) {
              const incoming = await peer.next()
              await peer.answer(incoming, plausible(incoming), 100n)
            }
            // As newer servers do, with the transaction's number.
            await peer.write(writer => {
              const packet = writer.beginPacket()
              writeReplyHeader(writer, -1, 101n, 0)
              writer.int(3)
              writer.int(3)
              writer.string('/a')
              writer.endPacket(packet)
            })
            await peer.close()
          },
          async peer => {
            await peer.welcome()
            const { request } = await peer.next()
            assert(request.kind === 'setWatches')
            assert.deepEqual([request.relativeZxid, request.data, request.child], [100n, [], ['/']])
            await peer.event({ kind: 'children', path: '/' })
            await peer.header(-8)
            await peer.serve()
          },
        ],
      ],
      async client => {
        const session = await client.open(quick)
        const events: string[] = []
        const watcher = ({ kind, path }: { kind: string; path: string }) => {
          events.push(`${kind} ${path}`)
        }
        await Promise.all([session.get('/a', watcher), session.children('/', watcher)])
        await eventually(() => events.length === 2)
        assert.deepEqual(events, ['changed /a', 'children /'])
      },
    ))

  test('credentials that are not answered time out, and are told again on the next connection', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome()
            assert.equal((await peer.next()).request.kind, 'auth')
            const get = await peer.next()
            await peer.answer(get, plausible(get))
            await sleep(300)
            await peer.close()
          },
          async peer => {
            await peer.welcome()
            assert.equal((await peer.next()).request.kind, 'auth')
            await peer.header(-4)
            await peer.serve()
          },
        ],
      ],
      async client => {
        const session = await client.open({ ...quick, operationTimeoutMs: 200 })
        const told = session.auth({ scheme: 'digest', credentials: 'a:b' })
        await session.get('/a')
        await fails(told, 'OperationTimeout')
        await eventually(() => session.state === 'connecting')
        await eventually(() => session.state === 'connected')
        await session.get('/a')
      },
    ))

  test('credentials come first, on every connection; refused ones are the end', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome()
            const auth = await peer.next()
            assert(auth.request.kind === 'auth' && auth.request.scheme === 'digest')
            await peer.header(-4)
            await peer.answer(await peer.next(), { kind: 'done' })
            await peer.close()
          },
          async peer => {
            await peer.welcome()
            assert.equal((await peer.next()).request.kind, 'auth')
            await peer.header(-4)
            const more = await peer.next()
            assert(more.request.kind === 'auth' && more.request.scheme === 'odd')
            await peer.header(-4, -115)
          },
        ],
      ],
      async client => {
        const states: SessionState[] = []
        const session = await client.open({
          ...quick,
          auth: [{ scheme: 'digest', credentials: 'a:b' }],
          onState: state => states.push(state),
        })
        await session.sync('/')
        await eventually(() => states.join() === 'connected,connecting,connected')
        await fails(session.auth({ scheme: 'odd', credentials: '' }), 'AuthFailed')
        assert.equal(await session.ended, 'authFailed')
      },
    ))

  test('what is asked in one turn goes out at once, and too large a request not at all', () =>
    before(
      [[welcome]],
      async (client, [server]) => {
        const session = await client.open(quick)
        const asked = [session.get('/a'), session.set('/big', new Uint8Array(20_000)), session.get('/b')]
        await fails(asked[1]!, 'BadArguments')
        await asked[0]
        await asked[2]
        assert.equal(server!.peers[0]!.reads.length, 2)
      },
      { requestBytesMax: 10_000 },
    ))

  test('a watcher that throws harms nobody', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome()
            for (let left = 2; left > 0; left--) {
              const incoming = await peer.next()
              await peer.answer(incoming, plausible(incoming))
            }
            await peer.event({ kind: 'changed', path: '/a' })
            await peer.serve()
          },
        ],
      ],
      async client => {
        const session = await client.open(quick)
        let isTold = false
        await session.get('/a', () => {
          throw new Error('of the watcher')
        })
        await session.get('/a', () => {
          isTold = true
        })
        await session.get('/b')
        assert(isTold)
        assert(logged.some(line => line.includes('of the watcher')))
      },
    ))

  test('closing ends the session at the server, and does not wait for one that says nothing', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome()
            assert.equal((await peer.next()).request.kind, 'sync')
            const end = await peer.next()
            assert.equal(end.request.kind, 'closeSession')
            peer.isOver = true // the client may end before it has read this
            await peer.answer(end, { kind: 'done' })
          },
          async peer => {
            await peer.welcome()
            for (;;) await peer.packet()
          },
        ],
      ],
      async client => {
        const session = await client.open(quick)
        const left = session.sync('/')
        await sleep(50)
        const [error] = await Promise.all([fails(left, 'Closed'), session.close()])
        assert(error.message.includes('closed'))
        assert.equal(session.state, 'closed')
        const other = await client.open({ ...quick, operationTimeoutMs: 200 })
        const start = clock.monotonic()
        await other.close()
        assert(clock.monotonic() - start < 1000)
        await fails(other.get('/a'), 'Closed')
      },
    ))

  test('an answer of many megabytes is taken, one beyond the limit is not', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome()
            for (const size of [9 << 20, 11 << 20]) {
              const incoming = await peer.next()
              const { request } = incoming
              assert(request.kind === 'get')
              const answer = plausible(incoming)
              assert(answer.kind === 'data')
              await peer.answer(incoming, { ...answer, data: new Uint8Array(size).fill(5) }).catch(() => {})
            }
            await peer.packet()
          },
          welcome,
        ],
      ],
      async client => {
        const session = await client.open(quick)
        const { data } = await session.get('/a')
        assert.equal(data.length, 9 << 20)
        assert(data.every(byte => byte === 5))
        await fails(session.get('/a'), 'ConnectionLoss')
        await session.get('/a')
      },
      { answerBytesMax: 10 << 20 },
    ))

  test('TLS: a server is believed by its certificate only', async () => {
    const inner = await ScriptedServer.start(welcome)
    const outer = tls.createServer({ key, cert }, socket => {
      const through = net.connect(inner.tcp.port, '127.0.0.1')
      for (const end of [socket, through]) end.on('error', () => {}) // one of them is gone first
      socket.pipe(through).pipe(socket)
    })
    outer.on('tlsClientError', () => {})
    await new Promise<void>(resolve => outer.listen(0, '127.0.0.1', resolve))
    const servers = `localhost:${(outer.address() as net.AddressInfo).port}`
    const client = zooKeeper(platform, { servers, tls: true, ca: cert })
    const session = await client.open(quick)
    await session.get('/a')
    await client.close()
    await fails(zooKeeper(platform, { servers, tls: true }).open({ ...quick, connectTimeoutMs: 500 }), 'ConnectionLoss')
    await inner.stop()
    await new Promise(resolve => outer.close(resolve))
  })

  test('a writer that nobody reads from is not filled without bound', () =>
    before(
      [
        [
          async peer => {
            await peer.welcome()
            await sleep(1500)
            await peer.close()
          },
        ],
      ],
      async client => {
        const session = await client.open({ ...quick, operationTimeoutMs: 1000 })
        const data = new Uint8Array(1 << 20)
        const asked = Array.from({ length: 40 }, (_, index) => session.set(`/${index}`, data))
        const kinds = (await Promise.allSettled(asked)).map(result =>
          result.status === 'rejected' ? (result.reason as CoordinationError) : null,
        )
        assert.equal(kinds.filter(error => error?.kind === 'QuotaExceeded').length, 9)
        assert(kinds.some(error => error?.kind === 'OperationTimeout' && error.isUnsent))
      },
      { waitingBytesMax: 32 << 20 },
    ))
})
