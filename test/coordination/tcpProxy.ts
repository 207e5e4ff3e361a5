// A TCP proxy that can be cut and held: what a bad network does to a connection, on purpose.
import net from 'node:net'

export interface Address {
  readonly host: string
  readonly port: number
}

interface Pair {
  readonly client: net.Socket
  readonly server: net.Socket
}

export class TcpProxy {
  /** Connections that were taken so far. */
  accepted = 0
  #isCut = false
  #heldRequests = false
  #heldAnswers = false
  readonly #pairs = new Set<Pair>()

  private constructor(
    readonly server: net.Server,
    readonly target: Address,
  ) {
    server.on('connection', client => this.#accept(client))
  }

  static async start(target: Address): Promise<TcpProxy> {
    const server = net.createServer()
    const proxy = new TcpProxy(server, target)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  get address(): Address {
    return { host: '127.0.0.1', port: (this.server.address() as net.AddressInfo).port }
  }

  /** Connections that are open. */
  get open(): number {
    return this.#pairs.size
  }

  /** Ends the connections; new ones are taken. What is held is lost. */
  drop(): void {
    for (const pair of this.#pairs) this.#end(pair)
  }

  /** Ends the connections; new ones end at once, until restored. */
  cut(): void {
    this.#isCut = true
    this.drop()
  }

  restore(): void {
    this.#isCut = false
    this.release()
  }

  /** Bytes go no further, until released; connections stay, and new ones are taken. */
  hold(what: 'requests' | 'answers' | 'both'): void {
    if (what !== 'answers') this.#heldRequests = true
    if (what !== 'requests') this.#heldAnswers = true
    this.#flow()
  }

  release(): void {
    this.#heldRequests = false
    this.#heldAnswers = false
    this.#flow()
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise(resolve => this.server.close(resolve))
  }

  #accept(client: net.Socket): void {
    this.accepted++
    client.on('error', () => {})
    if (this.#isCut) {
      client.destroy()
      return
    }
    const server = net.connect(this.target)
    const pair = { client, server }
    this.#pairs.add(pair)
    server.on('error', () => {})
    client.setNoDelay(true)
    server.setNoDelay(true)
    client.on('data', bytes => void server.write(bytes))
    server.on('data', bytes => void client.write(bytes))
    client.on('close', () => this.#end(pair))
    server.on('close', () => this.#end(pair))
    this.#flow()
  }

  #flow(): void {
    for (const { client, server } of this.#pairs) {
      if (this.#heldRequests) client.pause()
      else client.resume()
      if (this.#heldAnswers) server.pause()
      else server.resume()
    }
  }

  #end(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return
    pair.client.destroy()
    pair.server.destroy()
  }
}
