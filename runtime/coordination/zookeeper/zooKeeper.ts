import { DBError } from '../../core/errors.ts'
import { encodeText } from '../../core/text.ts'
import type { Platform } from '../../platform.ts'
import type { Coordinator, Session, SessionOptions } from '../coordinator.ts'
import { LinkedSession } from '../session.ts'
import { chrootOf, parseConnectString } from './connectString.ts'
import { type LinkPlatform, ZooKeeperLink } from './link.ts'

export interface ZooKeeperOptions {
  /** `host:port,host:port/chroot`. */
  readonly servers: string
  readonly tls?: boolean
  /** Certificates (PEM) that are trusted in place of the runtime's own. */
  readonly ca?: string
  /** Largest answer that is taken. Default: 64 MiB. */
  readonly answerBytesMax?: number
  /** Largest request that is sent; servers take 1 MiB unless told otherwise, and end the connection over more. Default: 64 MiB. */
  readonly requestBytesMax?: number
  /** Requests of one session that may wait for answers; the next fails with QuotaExceeded. Default: 262144. */
  readonly waitingMax?: number
  /** And their bytes. Default: 256 MiB. */
  readonly waitingBytesMax?: number
}

/** A client of ZooKeeper, or of what speaks its protocol. Nothing is connected before a session is opened. */
export function zooKeeper(
  platform: Pick<Platform, 'clock' | 'random' | 'log' | 'connect'>,
  options: ZooKeeperOptions,
): Coordinator {
  const { clock, log, connect } = platform
  if (!connect) throw new DBError('SUPPORT_IS_DISABLED', 'A ZooKeeper client needs sockets, which there are none here')
  return new ZooKeeper({ clock, log, connect, random: () => platform.random() }, options)
}

const sessionTimeoutMs = 30_000
/** As the protocol writes it. */
const timeoutMaxMs = 0x7fff_ffff
const connectTimeoutMs = 10_000
const operationTimeoutMs = 10_000

class ZooKeeper implements Coordinator {
  readonly hasMulti = true
  readonly #links = new Set<ZooKeeperLink>()

  constructor(
    readonly platform: LinkPlatform,
    readonly options: ZooKeeperOptions,
  ) {
    parseConnectString(options.servers) // a wrong one is told at once
  }

  async open(options: SessionOptions = {}): Promise<Session> {
    const { servers, chroot } = parseConnectString(this.options.servers)
    const report = (error: unknown) =>
      this.platform.log('error', `ZooKeeper: a listener failed: ${error instanceof Error ? error.stack : error}`)
    const session = new LinkedSession(chrootOf(chroot, options.chroot), report)
    const link = new ZooKeeperLink(
      this.platform,
      {
        servers,
        tls: this.options.tls ?? false,
        ca: this.options.ca,
        timeoutMs: Math.min(timeoutMaxMs, options.timeoutMs ?? sessionTimeoutMs),
        operationTimeoutMs: options.operationTimeoutMs ?? operationTimeoutMs,
        answerBytesMax: this.options.answerBytesMax ?? 64 << 20,
        requestBytesMax: this.options.requestBytesMax ?? 64 << 20,
        waitingMax: this.options.waitingMax ?? 1 << 18,
        waitingBytesMax: this.options.waitingBytesMax ?? 256 << 20,
        auth: (options.auth ?? []).map(({ scheme, credentials }) => ({
          scheme,
          credentials: encodeText(credentials),
        })),
      },
      session.listener,
      () => this.#links.delete(link),
    )
    session.attach(link)
    if (options.onState) session.onState(options.onState)
    this.#links.add(link)
    await link.open(options.connectTimeoutMs ?? connectTimeoutMs, options.signal)
    return session
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links].map(link => link.close()))
  }
}
