import type { Coordinator, Session } from '../coordination/coordinator.ts'
import {
  checkCoordination,
  type CoordinationOptions,
  openCoordinator,
  sessionOptionsOf,
} from '../coordination/openCoordinator.ts'
import { DBError } from '../core/errors.ts'
import type { Platform } from '../platform.ts'

/** The engine's coordinator, and a session with it for what leaves nothing behind. Both begin with the first who asks. */
export class EngineCoordination {
  #coordinator: Coordinator | null = null
  #session: Promise<Session> | null = null

  constructor(
    readonly platform: Platform,
    readonly options: CoordinationOptions | undefined,
  ) {
    if (options) checkCoordination(options)
  }

  get isConfigured(): boolean {
    return this.options !== undefined
  }

  /** NO_ZOOKEEPER where there is none. */
  coordinator(): Coordinator {
    if (!this.options)
      throw new DBError('NO_ZOOKEEPER', 'ZooKeeper is not configured: state "coordination" in the configuration')
    this.#coordinator ??= openCoordinator(this.platform, this.options)
    return this.#coordinator
  }

  /** Uses a session that others use as well: to read, mostly. */
  async withSession<T>(use: (session: Session) => Promise<T>): Promise<T> {
    if (!this.platform.isolatesRequests) {
      this.#session ??= this.#shared()
      return use(await this.#session)
    }
    const session = await this.#open()
    try {
      return await use(session)
    } finally {
      await session.close()
    }
  }

  async close(): Promise<void> {
    await this.#coordinator?.close()
  }

  async #shared(): Promise<Session> {
    const forget = () => {
      this.#session = null
    }
    try {
      const session = await this.#open()
      session.ended.then(forget, forget)
      return session
    } catch (error) {
      forget()
      throw error
    }
  }

  async #open(): Promise<Session> {
    return this.coordinator().open(this.options && sessionOptionsOf(this.options))
  }
}
