import { DBError } from '../../runtime/core/errors.ts'
import type { Socket, SocketAddress } from '../../runtime/platform.ts'

/** What of cloudflare:sockets is used here. */
interface SocketsModule {
  connect(
    address: { hostname: string; port: number },
    options: { secureTransport: 'on' | 'off'; allowHalfOpen: boolean },
  ): {
    readonly readable: ReadableStream<Uint8Array>
    readonly writable: WritableStream<Uint8Array>
    readonly opened: Promise<unknown>
    close(): Promise<void>
  }
}

const timeoutMsDefault = 10_000
// By a name that a bundler does not follow: other runtimes do not have the module.
const moduleName: string = 'cloudflare:sockets'

export async function connect({ host, port, tls, timeoutMs }: SocketAddress): Promise<Socket> {
  const where = `${host}:${port}`
  const failed = (cause: unknown) =>
    new DBError('NETWORK_ERROR', `Connection to ${where} failed: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  const { connect: open } = (await import(moduleName)) as SocketsModule
  const wait = timeoutMs ?? timeoutMsDefault
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DBError('SOCKET_TIMEOUT', `Connection to ${where} was not made within ${wait} ms`)),
      wait,
    )
  })
  try {
    const socket = open({ hostname: host, port }, { secureTransport: tls ? 'on' : 'off', allowHalfOpen: true })
    await Promise.race([socket.opened, late])
    return new EdgeSocket(socket.readable.getReader(), socket.writable.getWriter(), where, failed)
  } catch (error) {
    throw error instanceof DBError ? error : failed(error)
  } finally {
    clearTimeout(timer)
  }
}

class EdgeSocket implements Socket {
  #isClosed = false

  constructor(
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>,
    private readonly writer: WritableStreamDefaultWriter<Uint8Array>,
    readonly remote: string,
    private readonly failed: (cause: unknown) => DBError,
  ) {}

  async read(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await this.reader.read()
      return done ? null : value
    } catch (error) {
      if (this.#isClosed) return null
      throw this.failed(error)
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.writer.write(bytes)
    } catch (error) {
      throw this.failed(error)
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.writer.close().catch(() => {}) // the other side may have ended first
    await this.reader.cancel().catch(() => {})
  }
}
