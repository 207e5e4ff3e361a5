// Several want what only one may have: a lock, or the lead. By the fencing version there are never two at a time, and there is always one
// in the end.
import type { Coordinator, Session } from '../../../runtime/coordination/coordinator.ts'
import { CoordinationError } from '../../../runtime/coordination/errors.ts'
import { set } from '../../../runtime/coordination/operations.ts'
import { Candidate } from '../../../runtime/coordination/recipes/election.ts'
import { createPath } from '../../../runtime/coordination/recipes/createPath.ts'
import { Lease } from '../../../runtime/coordination/recipes/lease.ts'
import { lock, tryLock } from '../../../runtime/coordination/recipes/lock.ts'
import { Place } from '../../../runtime/coordination/recipes/place.ts'
import { Tenure } from '../../../runtime/coordination/recipes/tenure.ts'
import type { Platform } from '../../../runtime/platform.ts'
import { Cluster, type Fault, planFaults } from '../coordination/cluster.ts'
import { Died, type Life } from '../machine.ts'
import type { Random } from '../random.ts'
import type { Scenario } from '../scenario.ts'
import { Violation, type World } from '../world.ts'

const clients = 3
const sessionTimeoutMs = 4_000

interface Turn {
  readonly kind: 'turn'
  readonly client: number
  readonly waitMs: number
  /** How long it is wanted, and how often something is done meanwhile. */
  readonly holdMs: number
  readonly writes: number
  /** No longer than this; 0: as long as it takes. */
  readonly patienceMs: number
  /** The holder forgets to give it up, and its session ends. */
  readonly forgets: boolean
}

export type Operation = Turn | Fault

function plan(random: Random): Operation[] {
  const operations: Operation[] = []
  for (let i = random.whole(3, 12); i > 0; i--)
    operations.push({
      kind: 'turn',
      client: random.below(clients),
      waitMs: random.chance(0.5) ? random.between(0, 10) : random.between(0, 2_000),
      holdMs: random.chance(0.5) ? random.between(0, 20) : random.between(0, 3_000),
      writes: random.whole(0, 4),
      patienceMs: random.chance(0.3) ? random.between(1, 3_000) : 0,
      forgets: random.chance(0.1),
    })
  return [...operations, ...planFaults(random, clients, 4)]
}

/** How the lock or the lead is got; null: not in the time. */
type Take = (
  platform: Platform,
  session: Session,
  patienceMs: number,
) => Promise<{ readonly tenure: Tenure; release(): Promise<void> } | null>

interface Holder {
  readonly who: string
  readonly tenure: Tenure
  readonly life: Life
}

class Run {
  readonly cluster: Cluster
  /** By their own account. */
  readonly #holders = new Set<Holder>()
  #lastFence = -1n
  /** Fences of the writes that the guard let through, by the version that they made. */
  readonly #written = new Map<number, bigint>()
  /** A place outside of the coordinator that refuses fences older than the newest it has seen. */
  #outside = -1n
  turns = 0
  #sessions = new Map<number, { life: Life; session: Session }>()

  constructor(
    readonly world: World,
    readonly take: Take,
    breach: string | null,
  ) {
    this.cluster = new Cluster(world, { clients, breach, isInside: isInside(world) })
  }

  async begin(): Promise<void> {
    await this.cluster.begin()
    await this.#in(0, async (platform, session) => {
      await createPath(platform, session, '/written')
    })
  }

  /** In a session that lives, of a process that lives, until it is done. */
  async #in(
    client: number,
    call: (platform: Platform, session: Session, life: Life) => Promise<unknown>,
  ): Promise<void> {
    for (;;) {
      const life = await this.cluster.life(client)
      try {
        await life.ask(async () => call(life.platform, await this.#session(client, life), life))
        return
      } catch (error) {
        if (!(error instanceof Died || error instanceof CoordinationError)) throw error
        await this.world.wait(this.world.random.between(10, 100))
      }
    }
  }

  async #session(client: number, life: Life): Promise<Session> {
    const held = this.#sessions.get(client)
    if (held?.life === life && (held.session.state === 'connected' || held.session.state === 'connecting'))
      return held.session
    const coordinator: Coordinator = await this.cluster.connect(life)
    const session = await coordinator.open({
      timeoutMs: sessionTimeoutMs,
      connectTimeoutMs: 3_000,
      operationTimeoutMs: 2_000,
    })
    this.#sessions.set(client, { life, session })
    return session
  }

  async all(operations: readonly Operation[]): Promise<void> {
    const faults = operations.flatMap(one => (one.kind === 'turn' ? [] : [one]))
    const work = Array.from({ length: clients }, (_, client) =>
      this.#client(operations.flatMap(one => (one.kind === 'turn' && one.client === client ? [one] : []))),
    )
    await Promise.all([...work, this.cluster.runAndHeal(faults)])
  }

  async #client(turns: readonly Turn[]): Promise<void> {
    for (const turn of turns) {
      await this.world.wait(turn.waitMs)
      await this.#turn(turn)
    }
  }

  #turn(turn: Turn): Promise<void> {
    return this.#in(turn.client, async (platform, session, life) => {
      const taken = await this.take(platform, session, turn.patienceMs)
      if (!taken) return
      const { tenure } = taken
      const holder = { who: life.name, tenure, life }
      this.#began(holder)
      try {
        for (let write = 0; write <= turn.writes; write++) {
          if (write > 0) await this.#write(session, holder)
          await platform.clock.wait(turn.holdMs / (turn.writes + 1))
        }
      } finally {
        this.#holders.delete(holder)
        this.turns++
        if (turn.forgets) await session.close()
        else await taken.release()
      }
    })
  }

  #began(holder: Holder): void {
    const { tenure, who } = holder
    this.world.note(`${who} holds with fence ${tenure.fence}`)
    if (!tenure.isHeld) return
    for (const other of this.#holders)
      if (!other.life.isDead && other.tenure.isHeld)
        throw new Violation(
          `${who} holds with fence ${tenure.fence}, and so does ${other.who} with ${other.tenure.fence}`,
        )
    if (tenure.fence <= this.#lastFence)
      throw new Violation(`${who} holds with fence ${tenure.fence} after one with ${this.#lastFence}`)
    this.#lastFence = tenure.fence
    this.#holders.add(holder)
  }

  async #write(session: Session, { tenure, who }: Holder): Promise<void> {
    // Who looks before each step is never refused where it takes no time.
    if (tenure.isHeld) {
      if (tenure.fence < this.#outside) throw new Violation(`${who} writes with ${tenure.fence} after ${this.#outside}`)
      this.#outside = tenure.fence
    }
    try {
      const [, written] = await session.multi([tenure.guard, set('/written', String(tenure.fence))])
      if (written.kind === 'stat') this.#written.set(written.stat.version, tenure.fence)
    } catch (error) {
      // What the guard refuses is none of ours any more; the rest may have been done.
      if (!(error instanceof CoordinationError)) throw error
    }
  }

  async end(): Promise<void> {
    // Whoever comes now gets it.
    await this.#turn({ kind: 'turn', client: 0, waitMs: 0, holdMs: 1, writes: 1, patienceMs: 0, forgets: false })
    let last = -1n
    for (const [version, fence] of [...this.#written].sort(([a], [b]) => a - b)) {
      if (fence < last) throw new Violation(`version ${version} was written with fence ${fence} after ${last}`)
      last = fence
    }
  }
}

/** Clients in the process of the keeper, in some seeds. */
const isInside = (world: World): boolean => world.random.chance(0.2)

const takeLock: Take = async (platform, session, patienceMs) => {
  const tenure =
    patienceMs > 0
      ? await tryLock(platform, session, '/lock', { waitMs: patienceMs })
      : await lock(platform, session, '/lock')
  return tenure && { tenure, release: () => tenure.end() }
}

const takeLead: Take = async (platform, session, patienceMs) => {
  const candidate = await Candidate.stand(platform, session, '/election')
  const patience = new AbortController()
  const cancel = patienceMs > 0 ? platform.clock.after(patienceMs, () => patience.abort(new Error('late'))) : () => {}
  try {
    const tenure = await candidate.elected(patience.signal)
    if (tenure) return { tenure, release: () => candidate.resign() }
    await candidate.resign()
    return null
  } catch (error) {
    await candidate.resign()
    if (patience.signal.aborted && error === patience.signal.reason) return null
    throw error
  } finally {
    cancel()
  }
}

/** Recipes that are wrong on purpose. */
function breakRecipes(breach: string | null): () => void {
  if (breach === 'queueJumped') {
    const { first } = Place.prototype
    Place.prototype.first = async () => true
    return () => {
      Place.prototype.first = first
    }
  }
  if (breach === 'leaseIgnored') {
    const { hold } = Lease.prototype
    const isHeld = Object.getOwnPropertyDescriptor(Tenure.prototype, 'isHeld')!
    Lease.prototype.hold = () => () => {}
    Object.defineProperty(Tenure.prototype, 'isHeld', { configurable: true, get: () => true })
    return () => {
      Lease.prototype.hold = hold
      Object.defineProperty(Tenure.prototype, 'isHeld', isHeld)
    }
  }
  return () => {}
}

function exclusive(name: string, take: Take): Scenario<Operation> {
  return {
    name,
    breaches: {
      queueJumped: 'who waits takes itself for the first',
      ...(name === 'lock' ? { leaseIgnored: 'who is cut off goes on as if it held' } : {}),
      syncSkipped: 'the disk of the keeper makes nothing durable',
    },
    plan,
    async run(world, operations, breach) {
      const mend = breakRecipes(breach)
      try {
        const run = new Run(world, take, breach)
        await run.begin()
        await run.all(operations)
        await run.end()
      } finally {
        mend()
      }
    },
  }
}

export const lockScenario = exclusive('lock', takeLock)
export const election = exclusive('election', takeLead)
