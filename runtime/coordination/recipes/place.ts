import type { CreateOptions, Session } from '../coordinator.ts'
import { isCoordinationError } from '../errors.ts'
import { joinPath, nameOf, sequenceOf } from '../path.ts'
import { backOffMs, orAborted, pause, type RecipePlatform } from './backOff.ts'
import { Change } from './change.ts'
import { createPath } from './createPath.ts'
import { guid } from './guid.ts'
import { retry, untilSessionEnds } from './retry.ts'
import { tryRemove } from './tryRemove.ts'

export interface PlaceOptions extends Pick<CreateOptions, 'acl'> {
  /** What stands before the number in the names of all who wait here. */
  readonly prefix: string
  /**
   * How a node is found again whose creation had no answer: by a GUID that is put before the prefix, or by its owner: then a session may have but
   * one place in a folder at a time.
   */
  readonly foundBy: 'guid' | 'owner'
  readonly data?: Uint8Array | string
  readonly signal?: AbortSignal
}

/** What takes the listeners of places away that a server refused, by sessions. */
const lookingAgain = new WeakMap<Session, (() => void)[]>()
const lookingAgainMax = 100

/**
 * A place in a queue: an ephemeral sequential node in a folder, with the others'. First come, first served; each watches the one before it
 * and no other, so that one who leaves wakes one.
 */
export class Place {
  /** There may be one more of this place's nodes: its creation had no answer. */
  #mayHaveTwin = false
  /** By a server that failed in itself. */
  #wasRefused = false
  #path = ''

  private constructor(
    private readonly platform: RecipePlatform,
    private readonly session: Session,
    private readonly folder: string,
    private readonly options: PlaceOptions,
    private readonly own: string,
  ) {}

  /**
   * Goes to the end of the queue, once, over lost connections. The folder is made where it is missing. Rejects when the session ends, or with
   * the signal's reason; what was made by then is removed.
   */
  static async take(platform: RecipePlatform, session: Session, folder: string, options: PlaceOptions): Promise<Place> {
    const own = options.foundBy === 'guid' ? guid(platform) : ''
    const place = new Place(platform, session, folder, options, own)
    try {
      await place.#create()
      return place
    } catch (error) {
      // Nobody waits for it: it is over when the session is.
      if (place.#mayHaveTwin) place.leave().catch(() => {})
      throw error
    }
  }

  /** Of the node. */
  get path(): string {
    return this.#path
  }

  /**
   * Resolves with true when no other is before this one, with false when the node is gone (somebody has removed it): there is no place any more.
   * Rejects when the session ends, or with the signal's reason: leave() is then still to be called.
   */
  async first(signal?: AbortSignal): Promise<boolean> {
    const { platform, session, folder } = this
    for (;;) {
      const before = await this.#before(signal)
      if (before === null) return false
      if (before === '') return true
      const change = new Change(platform, session, signal)
      try {
        // get, not exists: where the node has gone it leaves no watch, which nothing would ever take away.
        await change.read(watcher => session.get(joinPath(folder, before), watcher))
        await change.wait()
      } catch (error) {
        if (!isCoordinationError(error, 'NoNode')) throw error
      } finally {
        change.forget()
      }
    }
  }

  /** Whether nobody is before this one, now. */
  async isFirst(signal?: AbortSignal): Promise<boolean> {
    return (await this.#before(signal)) === ''
  }

  /** Removes the node; tried until it is gone, or the session, and the node with it. */
  async leave(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (this.#path) await tryRemove(this.platform, this.session, this.#path, { retry: untilSessionEnds })
        if (!this.#mayHaveTwin) return
        await this.#removeMine()
        if (this.#wasRefused) this.#lookAgain()
        return
      } catch (error) {
        if (isCoordinationError(error, 'SessionExpired', 'Closed', 'AuthFailed', 'NoNode')) return
        if (!isCoordinationError(error, 'SystemError', 'QuotaExceeded')) throw error
      }
      await pause(this.platform, backOffMs(this.platform, attempt))
    }
  }

  async #removeMine(): Promise<void> {
    for (const name of await this.#mine())
      await tryRemove(this.platform, this.session, joinPath(this.folder, name), { retry: untilSessionEnds })
  }

  /**
   * A server that failed in itself may find in its log what it refused, when it is started again: nobody would take that node away, and all
   * would wait for it. The session is connected anew by then.
   */
  #lookAgain(): void {
    const stops = lookingAgain.get(this.session) ?? []
    lookingAgain.set(this.session, stops)
    if (stops.length >= lookingAgainMax) stops.shift()!()
    stops.push(
      this.session.onState(state => {
        if (state === 'connected') this.#removeMine().catch(() => {}) // the session is over, or looks again
      }),
    )
  }

  async #create(): Promise<void> {
    const { platform, session, folder, options } = this
    const { prefix, acl, data, signal } = options
    const path = joinPath(folder, this.own + prefix)
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      // Until there is an answer.
      const hadTwin = this.#mayHaveTwin
      this.#mayHaveTwin = true
      try {
        const created = session.create(path, data, { isEphemeral: true, isSequential: true, ...(acl && { acl }) })
        this.#path = await orAborted(created, signal)
        this.#mayHaveTwin = hadTwin
        return
      } catch (error) {
        if (!isCoordinationError(error)) throw error
        if (!error.isOutcomeUnknown) this.#mayHaveTwin = hadTwin
        if (error.kind === 'SystemError') this.#wasRefused = true
        if (error.kind === 'NoNode' && attempt < 100) {
          await createPath(platform, session, folder, { acl, retry: { ...untilSessionEnds, signal } })
          continue
        }
        if (!error.isRetriable) throw error
      }
      const [found] = this.#mayHaveTwin ? await this.#mine(signal) : []
      if (found) {
        this.#path = joinPath(folder, found)
        return
      }
      await pause(platform, backOffMs(platform, attempt), signal)
    }
  }

  /** Names of this place's nodes, the first in line first: none, one, or two where an answer was lost. */
  async #mine(signal?: AbortSignal): Promise<readonly string[]> {
    const { platform, session, folder } = this
    const patience = { ...untilSessionEnds, signal }
    // What was on its way has come or not when this is answered, and is seen after it.
    await retry(platform, () => session.sync(folder), patience)
    const names = await this.#queue(signal)
    if (this.own) return names.filter(name => name.startsWith(this.own))
    const stats = await Promise.all(
      names.map(name => retry(platform, () => session.exists(joinPath(folder, name)), patience)),
    )
    return names.filter((_, at) => stats[at]?.ephemeralOwner === session.id)
  }

  /** The name that is before this one; '': none. null: this one is not there. */
  async #before(signal?: AbortSignal): Promise<string | null> {
    const names = await this.#queue(signal)
    let at = names.indexOf(nameOf(this.#path))
    if (this.own && this.#mayHaveTwin) {
      // An attempt that was done late after all: the first of the two is the place, leave() removes both.
      at = names.findIndex(name => name.startsWith(this.own))
      if (at >= 0) this.#path = joinPath(this.folder, names[at]!)
    }
    if (at < 0) return null
    return at === 0 ? '' : names[at - 1]!
  }

  async #queue(signal?: AbortSignal): Promise<readonly string[]> {
    const { platform, session, folder, options } = this
    return queueIn(platform, session, folder, options.prefix, signal)
  }
}

/** Names of all who wait in a folder, the first in line first. None where there is no folder. */
export async function queueIn(
  platform: RecipePlatform,
  session: Session,
  folder: string,
  prefix: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  try {
    const { names } = await retry(platform, () => session.children(folder), { ...untilSessionEnds, signal })
    return names
      .filter(name => name.slice(0, -10).endsWith(prefix) && sequenceOf(name) !== null)
      .sort((a, b) => sequenceOf(a)! - sequenceOf(b)!)
  } catch (error) {
    if (isCoordinationError(error, 'NoNode')) return []
    throw error
  }
}
