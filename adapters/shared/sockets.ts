// TCP and TLS over node:net and node:tls, as pulled bytes. Node's sockets push; here they stand still until read() asks.
import net from 'node:net'
import tls from 'node:tls'
import { assert } from '../../runtime/core/assert.ts'
import { DBError } from '../../runtime/core/errors.ts'
import type { Socket, SocketAddress, TcpServer } from '../../runtime/platform.ts'

const connectTimeoutMs = 10_000
/** How long a side that ends waits for the other to take what is left, and to end as well, while nothing moves. */
const lingerMs = 2_000

export function connect(address: SocketAddress): Promise<Socket> {
  const { host, port, timeoutMs = connectTimeoutMs } = address
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    const options = { host, port, allowHalfOpen: true }
    const socket = address.tls
      ? tls.connect({ ...options, ca: address.ca, servername: net.isIP(host) ? undefined : host })
      : net.connect(options)
    const timer = setTimeout(() => {
      reject(new DBError('SOCKET_TIMEOUT', `Timeout: connect timed out: ${where}, ${timeoutMs} ms`))
      socket.destroy()
    }, timeoutMs)
    socket.once('error', error => {
      clearTimeout(timer)
      reject(networkError(`Cannot connect to ${where}`, error))
    })
    socket.once(address.tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      resolve(new NetSocket(socket))
    })
  })
}

export async function listenTcp(
  { host, port }: { host: string; port: number },
  onConnection: (socket: Socket) => void,
): Promise<TcpServer> {
  const open = new Set<NetSocket>()
  const server = net.createServer({ allowHalfOpen: true }, incoming => {
    const socket = new NetSocket(incoming)
    open.add(socket)
    incoming.once('close', () => open.delete(socket))
    onConnection(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(networkError(`Cannot listen on ${host}:${port}`, error)))
    server.listen(port, host, resolve)
  })
  server.removeAllListeners('error')
  // A connection that could not be taken is lost; the others and the next ones are not.
  server.on('error', () => {})
  return {
    port: (server.address() as net.AddressInfo).port,
    async close() {
      const ended = new Promise<void>(resolve => server.close(() => resolve()))
      await Promise.all([...open].map(socket => socket.close()))
      await ended
    },
  }
}

class NetSocket implements Socket {
  readonly remote: string
  readonly remotePort: number | undefined
  readonly #socket: net.Socket
  #error: Error | null = null
  #isClosing = false
  /** Of a read that waits, of writes that wait. */
  readonly #waiting = new Set<() => void>()
  #isReading = false

  constructor(socket: net.Socket) {
    this.#socket = socket
    this.remote = socket.remoteAddress ?? ''
    this.remotePort = socket.remotePort
    socket.setNoDelay(true)
    const wake = () => {
      for (const call of [...this.#waiting]) call()
    }
    socket.on('error', error => {
      this.#error ??= error
      wake()
    })
    for (const event of ['readable', 'end', 'drain', 'finish', 'close']) socket.on(event, wake)
  }

  async read(): Promise<Uint8Array | null> {
    assert(!this.#isReading, 'a socket is read by one call at a time')
    this.#isReading = true
    try {
      for (;;) {
        if (this.#isClosing) return null
        const bytes = this.#socket.read() as Buffer | null
        if (bytes !== null) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
        this.#check()
        if (this.#socket.readableEnded) return null
        if (this.#socket.destroyed) throw networkError(`Connection to ${this.remote} is closed`)
        await this.#change()
      }
    } finally {
      this.#isReading = false
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#check()
    if (this.#isClosing || this.#socket.destroyed || this.#socket.writableEnded)
      throw networkError(`Connection to ${this.remote} is closed`)
    if (bytes.length === 0 || this.#socket.write(bytes)) return
    while (this.#socket.writableNeedDrain && !this.#socket.destroyed && !this.#error) await this.#change()
    this.#check()
    if (this.#socket.writableNeedDrain) throw networkError(`Connection to ${this.remote} is closed`)
  }

  async close(): Promise<void> {
    const socket = this.#socket
    if (!this.#isClosing) {
      this.#isClosing = true
      for (const call of [...this.#waiting]) call()
      socket.end()
      // Bytes that nobody reads any more would turn the end into a reset, and the other side might lose what was sent.
      socket.removeAllListeners('readable')
      socket.resume()
      if (socket.readableEnded) socket.destroySoon()
      else socket.once('end', () => socket.destroySoon())
      let left = socket.writableLength
      const timer = setInterval(() => {
        if (socket.writableLength === left) socket.destroy()
        left = socket.writableLength
      }, lingerMs)
      timer.unref?.()
      socket.once('close', () => clearInterval(timer))
    }
    while (!socket.writableFinished && !socket.destroyed) await this.#change()
  }

  #check(): void {
    if (this.#error && !this.#isClosing) throw networkError(`Connection to ${this.remote} broke`, this.#error)
  }

  #change(): Promise<void> {
    return new Promise(resolve => {
      const call = () => {
        this.#waiting.delete(call)
        resolve()
      }
      this.#waiting.add(call)
    })
  }
}

function networkError(what: string, error?: Error): DBError {
  return new DBError('NETWORK_ERROR', error ? `${what}: ${error.message}` : what, { cause: error })
}
