import type { CreateOptions, Session } from '../coordinator.ts'
import { isCoordinationError } from '../errors.ts'
import { joinPath } from '../path.ts'
import type { RecipePlatform } from './backOff.ts'
import { Place, queueIn } from './place.ts'
import { retry, untilSessionEnds } from './retry.ts'
import { Tenure } from './tenure.ts'

export interface ElectionOptions extends Pick<CreateOptions, 'acl'> {
  /** Of the candidate's node: its name, say. */
  readonly data?: Uint8Array | string
  /**
   * What stands before the number in the candidates' names. Default: `candidate-`. ClickHouse's replicas use `leader_election-` and nothing before
   * it, and compare whole names: for a folder that is shared with them, state it and `isPlain`.
   */
  readonly prefix?: string
  /** No GUID before the prefix. A session then may have but one candidate in a folder at a time. */
  readonly isPlain?: boolean
  readonly signal?: AbortSignal
}

export interface Standing {
  /** Name of the candidate's node. */
  readonly name: string
  readonly data: Uint8Array
  /** Larger than that of every one before it: what is the leader's `fence`. */
  readonly fence: bigint
  /** Whose it is. */
  readonly sessionId: bigint
}

/** One who stands for election. The one who has stood longest leads, until it resigns or its session ends. */
export class Candidate {
  #lead: Tenure | null = null

  private constructor(
    private readonly platform: RecipePlatform,
    private readonly session: Session,
    private readonly place: Place,
  ) {}

  /** Over lost connections. The folder is made where it is missing. Rejects when the session ends, or with the signal's reason. */
  static async stand(
    platform: RecipePlatform,
    session: Session,
    folder: string,
    options: ElectionOptions = {},
  ): Promise<Candidate> {
    const { prefix = defaultPrefix, isPlain = false, acl, data, signal } = options
    const foundBy = isPlain ? 'owner' : 'guid'
    return new Candidate(
      platform,
      session,
      await Place.take(platform, session, folder, { prefix, foundBy, acl, data, signal }),
    )
  }

  /** Of the candidate's node. */
  get path(): string {
    return this.place.path
  }

  /**
   * Waits to be the leader. null: somebody has removed the candidate's node, or it has resigned. Rejects when the session ends, or with the
   * signal's reason; it stands on then, and may be asked again.
   */
  async elected(signal?: AbortSignal): Promise<Tenure | null> {
    if (!(await this.place.first(signal))) return null
    this.#lead ??= await Tenure.begin(this.platform, this.session, this.place, signal)
    return this.#lead
  }

  /**
   * Stands no longer. A leader first finishes what it does (`finish`, while it leads still) and then makes way: the next one is told at once, and
   * nobody leads before this one has stopped. Tried over lost connections until the node is gone, or the session, and the node with it. Rejects
   * with what `finish` rejects with, having made way all the same.
   */
  async resign(finish?: (lead: Tenure) => Promise<void>): Promise<void> {
    try {
      if (this.#lead?.isHeld) await finish?.(this.#lead)
    } finally {
      await (this.#lead ? this.#lead.end() : this.place.leave())
    }
  }
}

/** Who leads; null: nobody. It may have changed when this comes. */
export async function leaderOf(
  platform: RecipePlatform,
  session: Session,
  folder: string,
  prefix: string = defaultPrefix,
): Promise<Standing | null> {
  for (const name of await queueIn(platform, session, folder, prefix)) {
    const standing = await standingOf(platform, session, folder, name)
    // One who has gone meanwhile: the next one has followed.
    if (standing) return standing
  }
  return null
}

/** All who stand, the leader first, in the order in which they would lead. */
export async function candidatesIn(
  platform: RecipePlatform,
  session: Session,
  folder: string,
  prefix: string = defaultPrefix,
): Promise<readonly Standing[]> {
  const names = await queueIn(platform, session, folder, prefix)
  const standings = await Promise.all(names.map(name => standingOf(platform, session, folder, name)))
  return standings.filter(standing => standing !== null)
}

const defaultPrefix = 'candidate-'

async function standingOf(
  platform: RecipePlatform,
  session: Session,
  folder: string,
  name: string,
): Promise<Standing | null> {
  try {
    const { data, stat } = await retry(platform, () => session.get(joinPath(folder, name)), untilSessionEnds)
    return { name, data, fence: stat.czxid, sessionId: stat.ephemeralOwner }
  } catch (error) {
    if (isCoordinationError(error, 'NoNode')) return null
    throw error
  }
}
