import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import tls from 'node:tls'
import type { DBError } from '../../runtime/core/errors.ts'
import type { Socket } from '../../runtime/platform.ts'
import { cert, key } from './certificate.ts'
import { platformHere } from './here.ts'

const platform = platformHere()
const connect = platform.connect!
const listen = platform.listenTcp!
const host = '127.0.0.1'
const bytes = (text: string) => new TextEncoder().encode(text)
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const fails = (promise: Promise<unknown>, name: string) =>
  assert.rejects(promise, (error: DBError) => error.errorName === name)

async function readAll(socket: Socket): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for (let piece = await socket.read(); piece; piece = await socket.read())
    text += decoder.decode(piece, { stream: true })
  return text
}

/** A server whose one connection is served by `serve`, and a client. */
async function pair(serve: (socket: Socket) => Promise<void>, use: (socket: Socket) => Promise<void>): Promise<void> {
  let failure: unknown = null
  const served: Promise<void>[] = []
  const server = await listen({ host, port: 0 }, socket => {
    served.push(serve(socket).catch(error => void (failure = error)))
  })
  try {
    const client = await connect({ host, port: server.port })
    await use(client)
    await client.close()
    await Promise.all(served)
    assert.equal(failure, null)
  } finally {
    await server.close()
  }
}

test('bytes go both ways, and each side ends by itself', () =>
  pair(
    async socket => {
      assert.equal(socket.remote, host)
      // All that the client says, until it ends; then the answer, over the half that is open.
      const text = await readAll(socket)
      await socket.write(bytes(`heard ${text}`))
      await socket.close()
    },
    async socket => {
      await socket.write(bytes('one '))
      await socket.write(bytes('two'))
      const closed = socket.close()
      await closed
      await fails(socket.write(bytes('late')), 'NETWORK_ERROR')
    },
  ))

test('the other side may end first, and is still told things', () =>
  pair(
    async socket => {
      await socket.write(bytes('question'))
      await socket.close()
    },
    async socket => {
      assert.equal(await readAll(socket), 'question')
      assert.equal(await socket.read(), null)
      await socket.write(bytes('answer'))
    },
  ))

test('who does not read slows the other side down', async () => {
  const size = 1 << 20
  const count = 64
  let written = 0
  await pair(
    async socket => {
      for (let i = 0; i < count; i++) {
        await socket.write(new Uint8Array(size).fill(i))
        written++
      }
      await socket.close()
    },
    async socket => {
      await sleep(300)
      assert.ok(written < count / 2, `${written} MiB were taken in`)
      let got = 0
      for (let piece = await socket.read(); piece; piece = await socket.read()) {
        assert.equal(piece[0], Math.floor(got / size))
        got += piece.length
      }
      assert.equal(got, size * count)
    },
  )
})

test('close sends what was written, however slowly it is taken', () =>
  pair(
    async socket => {
      const written = socket.write(new Uint8Array(8 << 20))
      await Promise.all([written, socket.close()])
    },
    async socket => {
      await sleep(200)
      let got = 0
      for (let piece = await socket.read(); piece; piece = await socket.read()) got += piece.length
      assert.equal(got, 8 << 20)
    },
  ))

test('close wakes who waits for bytes', () =>
  pair(
    async socket => {
      assert.equal(await readAll(socket), '')
      await socket.close()
    },
    async socket => {
      const waiting = socket.read()
      await sleep(20)
      await socket.close()
      assert.equal(await waiting, null)
    },
  ))

test('a connection that breaks is an error', async () => {
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => socket.resetAndDestroy())
  })
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  const socket = await connect({ host, port: (server.address() as net.AddressInfo).port })
  await socket.write(bytes('x'))
  await fails(socket.read(), 'NETWORK_ERROR')
  await fails(socket.write(bytes('y')), 'NETWORK_ERROR')
  await socket.close()
  await new Promise(resolve => server.close(resolve))
})

test('where nobody answers', async () => {
  const free = await listen({ host, port: 0 }, () => {})
  await free.close()
  await fails(connect({ host, port: free.port }), 'NETWORK_ERROR')
  await fails(connect({ host: 'nowhere.invalid', port: 1 }), 'NETWORK_ERROR')
  const taken = await listen({ host, port: 0 }, () => {})
  await fails(
    listen({ host, port: taken.port }, () => {}),
    'NETWORK_ERROR',
  )
  await taken.close()
})

test('a handshake that never ends is given up', async () => {
  // It takes the connection and says nothing, so TLS gets nowhere.
  const server = net.createServer(socket => socket.on('error', () => {}).resume())
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  const { port } = server.address() as net.AddressInfo
  const started = performance.now()
  await fails(connect({ host, port, tls: true, timeoutMs: 200 }), 'SOCKET_TIMEOUT')
  assert.ok(performance.now() - started < 5000)
  await new Promise(resolve => server.close(resolve))
})

test('a server that is closed ends its connections', async () => {
  const server = await listen({ host, port: 0 }, () => {})
  const socket = await connect({ host, port: server.port })
  const ended = readAll(socket)
  await Promise.all([server.close(), ended.then(() => socket.close())])
  await fails(connect({ host, port: server.port }), 'NETWORK_ERROR')
})

test('TLS, with a certificate that is trusted and one that is not', async () => {
  const server = tls.createServer({ key, cert }, socket => {
    socket.on('error', () => {})
    socket.on('data', data => socket.end(`heard ${data}`))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  const { port } = server.address() as net.AddressInfo
  const socket = await connect({ host: 'localhost', port, tls: true, ca: cert })
  await socket.write(bytes('secret'))
  assert.equal(await readAll(socket), 'heard secret')
  await socket.close()
  await fails(connect({ host: 'localhost', port, tls: true }), 'NETWORK_ERROR')
  await new Promise(resolve => server.close(resolve))
})
