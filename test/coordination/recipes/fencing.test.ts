// Lock and election under lost connections, silence, pauses and sessions that end: never two at once, always one in the end.
import assert from 'node:assert/strict'
import type { Session } from '../../../runtime/coordination/coordinator.ts'
import { EmbeddedCoordinator } from '../../../runtime/coordination/embedded/embeddedCoordinator.ts'
import { isCoordinationError } from '../../../runtime/coordination/errors.ts'
import { set } from '../../../runtime/coordination/operations.ts'
import { Candidate, leaderOf } from '../../../runtime/coordination/recipes/election.ts'
import { KeptSession } from '../../../runtime/coordination/recipes/keptSession.ts'
import { lock } from '../../../runtime/coordination/recipes/lock.ts'
import type { Tenure } from '../../../runtime/coordination/recipes/tenure.ts'
import { Random } from '../../sim/random.ts'
import { everySeed } from './everySeed.ts'
import { Client, type Net, noFaults, type Process, someFaults } from './net.ts'

const troubleMs = 60_000

interface Contender {
  readonly process: Process
  readonly client: Client
  readonly kept: KeptSession
  held: Tenure | null
  /** A session that was ended before its time: its owner could not know, and only the guard and the fence keep it from doing harm. */
  killed: Session | null
  /** How often it was the one. */
  times: number
}

/** Looks on from outside. */
class Judge {
  writes = 0
  #largest = 0n

  constructor(readonly contenders: readonly Contender[]) {}

  /** Called by who holds it, at each step. */
  step(own: Tenure, session: Session, { killed }: Contender): void {
    if (session === killed) return
    const holders = this.contenders.filter(({ held, kept, killed }) => held?.isHeld && kept.current !== killed)
    assert(holders.length <= 1, 'two hold it at once')
    assert(own.fence >= this.#largest, 'one who came before comes after')
    this.#largest = own.fence
    this.writes++
  }
}

function contendersOf(net: Net, count: number): Contender[] {
  return Array.from({ length: count }, (_, i) => {
    const process = net.process(`process ${i}`)
    const client = new Client(net, process)
    const kept = new KeptSession(process.platform, client, { session: { timeoutMs: 3000 } })
    return { process, client, kept, held: null, killed: null, times: 0 }
  })
}

/** Works as long as it is held, in steps; some of them in the coordinator, guarded. */
async function work(judge: Judge, contender: Contender, session: Session, held: Tenure, steps: number) {
  const { platform } = contender.process
  for (let i = 0; i < steps && held.isHeld; i++) {
    judge.step(held, session, contender)
    if (i % 4 === 0) {
      const guarded = session.multi([held.guard, set('/fence', held.fence.toString())])
      await guarded.catch(error => assert(isCoordinationError(error), String(error)))
    }
    await platform.clock.wait(1 + platform.random() * 300)
  }
}

/** Pauses, ends of sessions and broken connections, until the time is up. */
async function trouble(net: Net, contenders: readonly Contender[]): Promise<void> {
  const random = new Random(net.world.seed, 'trouble')
  net.faults = someFaults
  while (net.world.timeMs < troubleMs) {
    await net.world.wait(random.between(100, 4000))
    const contender = random.pick(contenders)
    const { process, client, kept } = contender
    const link = kept.current && client.links.get(kept.current)
    const kind = random.pick(['pause', 'expire', 'cut', 'silence'] as const)
    net.inject(kind)
    if (kind === 'pause' && !process.isPaused) process.pause(random.between(1, 8000))
    else if (kind === 'expire') {
      contender.killed = kept.current
      await link?.expire().catch(() => {})
    } else if (kind === 'cut') link?.cut()
    else link?.silence(random.between(1, 6000))
  }
  net.faults = noFaults
}

async function fencesGrow(net: Net): Promise<() => void> {
  const session = await new EmbeddedCoordinator(net.keeper, false).open()
  await session.create('/fence', '0')
  const seen: bigint[] = []
  let isOver = false
  const look = async () => {
    while (!isOver) {
      seen.push(BigInt(new TextDecoder().decode((await session.get('/fence')).data)))
      await net.world.wait(50)
    }
  }
  look().catch(error => net.world.fail(error))
  return () => {
    isOver = true
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
      'what is guarded is written in order',
    )
  }
}

async function lockScenario(net: Net): Promise<void> {
  const contenders = contendersOf(net, 4)
  const judge = new Judge(contenders)
  const check = await fencesGrow(net)
  let isOver = false
  const live = async (contender: Contender) => {
    const { platform } = contender.process
    while (!isOver) {
      const session = await contender.kept.session()
      const giveUp = new AbortController()
      const cancel =
        platform.random() < 0.2 ? platform.clock.after(platform.random() * 3000, () => giveUp.abort()) : null
      try {
        const held = await lock(platform, session, '/locks/one', { signal: giveUp.signal })
        cancel?.()
        contender.held = held
        contender.times++
        await work(judge, contender, session, held, platform.random() * 20)
        await held.end()
        contender.held = null
      } catch (error) {
        if (!giveUp.signal.aborted && !isCoordinationError(error, 'SessionExpired')) throw error
      }
      await platform.clock.wait(platform.random() * 500)
    }
  }
  const lives = contenders.map(live)
  for (const life of lives) life.catch(error => net.world.fail(error))
  await trouble(net, contenders)
  for (const contender of contenders) contender.times = 0
  await net.world.wait(60_000)
  for (const { times } of contenders) assert(times > 0, 'each has it again in the end')
  isOver = true
  await Promise.all(lives)
  check()
  assert(judge.writes > 50)
}

async function electionScenario(net: Net, isPlain: boolean): Promise<void> {
  const contenders = contendersOf(net, 3)
  const judge = new Judge(contenders)
  const check = await fencesGrow(net)
  const options = { isPlain, ...(isPlain && { prefix: 'leader_election-' }) }
  let isQuiet = false
  const live = async (contender: Contender) => {
    const { platform, name } = contender.process
    for (;;) {
      const session = await contender.kept.session()
      try {
        const candidate = await Candidate.stand(platform, session, '/election', { ...options, data: name })
        contender.held = await candidate.elected()
        while (contender.held?.isHeld && (isQuiet || platform.random() < 0.8))
          await work(judge, contender, session, contender.held, 3)
        await candidate.resign(held => work(judge, contender, session, held, 1))
      } catch (error) {
        if (!isCoordinationError(error, 'SessionExpired')) throw error
      }
      contender.held = null
      await platform.clock.wait(platform.random() * 500)
    }
  }
  for (const life of contenders.map(live)) life.catch(error => net.world.fail(error))
  await trouble(net, contenders)
  isQuiet = true
  await net.world.wait(60_000)
  const leaders = contenders.filter(({ held }) => held?.isHeld)
  assert.equal(leaders.length, 1, 'one leads in the end')
  const witness = net.process('witness')
  const session = await new Client(net, witness).open()
  const leader = await leaderOf(witness.platform, session, '/election', options.prefix)
  assert.equal(new TextDecoder().decode(leader!.data), leaders[0].process.name)
  assert.equal(leader!.fence, leaders[0].held!.fence)
  assert.equal((await session.children('/election')).names.length, 3, 'no node of nobody')
  check()
}

const injects = ['lostRequest', 'lostAnswer', 'lateRequest', 'silence', 'pause', 'expire', 'cut']

everySeed('a lock: never two, each again in the end', lockScenario, { injects })
everySeed('an election: never two, one in the end', net => electionScenario(net, false), { injects })
everySeed("an election with ClickHouse's names", net => electionScenario(net, true), { injects })
