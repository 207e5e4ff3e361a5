// A coordinator inside of this process: sessions straight into the state machine.
import { encodeText } from '../../core/text.ts'
import type { Platform } from '../../platform.ts'
import type { Disk } from '../../storage/disk.ts'
import type { Coordinator, Credentials, Session, SessionOptions } from '../coordinator.ts'
import { CoordinationError } from '../errors.ts'
import { checkPath } from '../path.ts'
import type { Result } from '../requests.ts'
import { LinkedSession } from '../session.ts'
import { EmbeddedLink } from './embeddedLink.ts'
import { Keeper, type KeeperOptions, KeeperSession } from './keeper.ts'
import { openKeeperParts, type PartsOptions } from './openKeeperParts.ts'

export interface EmbeddedOptions extends KeeperOptions, PartsOptions {}

/** disk: where all is kept; null: in memory only. */
export async function embeddedCoordinator(
  platform: Platform,
  disk: Disk | null,
  options: EmbeddedOptions = {},
): Promise<EmbeddedCoordinator> {
  return new EmbeddedCoordinator(new Keeper(await openKeeperParts(platform, disk, options), options))
}

export class EmbeddedCoordinator implements Coordinator {
  readonly hasMulti = true
  readonly #open = new Set<EmbeddedLink>()
  #isClosed = false

  constructor(
    readonly keeper: Keeper,
    /** Whether the keeper ends with it. */
    readonly isOwner = true,
  ) {}

  /** The same for somebody else: to close it ends the sessions that were opened by it, and nothing more. */
  client(): EmbeddedCoordinator {
    return new EmbeddedCoordinator(this.keeper, false)
  }

  async open(options: SessionOptions = {}): Promise<Session> {
    const { timeoutMs = 30_000, operationTimeoutMs = 10_000, chroot = '', auth = [], onState, signal } = options
    if (chroot !== '') checkPath(chroot)
    if (this.#isClosed) throw new CoordinationError('ConnectionLoss', 'the coordinator is closed', { isUnsent: true })
    throwIfAborted(signal)
    const { platform } = this.keeper
    const session = new LinkedSession(chroot === '/' ? '' : chroot, error =>
      platform.log('error', `A listener of a session failed: ${error instanceof Error ? error.stack : String(error)}`),
    )
    if (onState) session.onState(onState)
    const link = new EmbeddedLink(platform, session.listener, operationTimeoutMs)
    const opened = await this.keeper.open(timeoutMs, link)
    if (!(opened instanceof KeeperSession)) throw errorOf(opened, 'a new session')
    link.attach(opened)
    session.attach(link)
    this.#open.add(link)
    void session.ended.then(() => this.#open.delete(link))
    try {
      throwIfAborted(signal)
      for (const credentials of auth) await show(link, credentials)
    } catch (error) {
      await link.close()
      throw error
    }
    link.show('connected')
    await Promise.resolve()
    return session
  }

  /** Ends a session as if its time were up: for who looks after the coordinator, and for tests. */
  async expire(id: bigint): Promise<void> {
    const result = await this.keeper.expire(id)
    if (result.kind === 'error') throw errorOf(result, `session ${id}`)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#open].map(link => link.close()))
    if (this.isOwner) await this.keeper.close()
  }
}

function show(link: EmbeddedLink, { scheme, credentials }: Credentials): Promise<void> {
  return new Promise((resolve, reject) =>
    link.send({ kind: 'auth', scheme, credentials: encodeText(credentials) }, result =>
      result.kind === 'error' ? reject(errorOf(result, `${scheme} credentials`)) : resolve(),
    ),
  )
}

function errorOf(result: Result, what: string): CoordinationError {
  if (result.kind !== 'error') return new CoordinationError('SystemError', `${what}: answered with ${result.kind}`)
  return new CoordinationError(result.error, result.detail ? `${what}: ${result.detail}` : what, {
    isUnsent: result.isUnsent,
  })
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CoordinationError('Closed', 'opening the session was given up', { isUnsent: true })
}
