// A machine of the simulated world, and the lives of the process that runs on it: each life is a Platform of its own over the disk
// that the lives share. When a life ends, nothing that it waited for comes any more, so its code stops where it stands.
import { DBError } from '../../runtime/core/errors.ts'
import type { Clock, LogLevel, Platform } from '../../runtime/platform.ts'
import { coreModule } from '../harness.ts'
import type { Loss } from './drive.ts'
import { type DiskBreach, Spindle } from './disk.ts'
import type { Network } from './network.ts'
import { type Event, type Owner, Violation, type World } from './world.ts'
import { simulatedWorkers } from './workers.ts'

/** A call into a life that has ended meanwhile. */
export class Died extends Error {
  override name = 'Died'
}

/** Noon of a day in 2026. */
const epochMs = Date.UTC(2026, 10, 21, 12)

export interface LogLine {
  readonly level: LogLevel
  readonly text: string
}

export interface MachineOptions {
  readonly network?: Network
  /** Workers beside the control thread. */
  readonly threads?: number
  readonly breach?: DiskBreach
  readonly readsAtOnce?: boolean
}

export class Machine {
  readonly spindle: Spindle
  life: Life | null = null
  /** Of now(): it may be wrong, and jump. */
  clockOffsetMs = 0
  readonly log: LogLine[] = []
  lives = 0
  /** Events of the life after which something happens to it. */
  #countdown: { left: number; call: () => void } | null = null

  constructor(
    readonly world: World,
    readonly name: string,
    readonly options: MachineOptions = {},
  ) {
    this.spindle = new Spindle(world)
    this.spindle.breach = options.breach ?? {}
    this.spindle.readsAtOnce = options.readsAtOnce ?? true
  }

  get isUp(): boolean {
    return this.life !== null && !this.life.isDead
  }

  start(): Life {
    if (this.isUp) throw new Error(`${this.name} is running already`)
    this.life = new Life(this, ++this.lives)
    this.world.note(`${this.life.name} starts`)
    return this.life
  }

  /** The process is gone in this moment; what it wrote stays. */
  kill(): void {
    if (!this.isUp) return
    this.world.inject('process: killed')
    this.#end(false)
    this.spindle.settle()
  }

  /** The machine is off in this moment, and on again at once; what nobody synced is lost or torn. */
  losePower(loss: Loss = this.world.random.pick(['nothing', 'everything', 'some', 'some'] as const)): void {
    this.world.inject(`machine: loses power, of what is not synced ${loss} survives`)
    this.#end(true)
    this.spindle.losePower(loss)
  }

  /** The process has ended by itself. What it had not waited for may still happen now, and not later. */
  stop(): void {
    this.#end(false)
    this.spindle.settle()
  }

  /** What its peers hear of its end depends on who tells them: a machine without power tells nobody. */
  #end(isSilent: boolean): void {
    this.#countdown = null
    this.life?.die(isSilent)
    this.life = null
  }

  /** After so many events of this life, between two of them. */
  afterEvents(count: number, call: () => void): void {
    this.#countdown = { left: count, call }
  }

  beforeEvent(): void {
    const countdown = this.#countdown
    if (!countdown || --countdown.left > 0) return
    this.#countdown = null
    countdown.call()
  }

  /** Nothing of it happens for a while, as under SIGSTOP. */
  pause(ms: number): void {
    const { life } = this
    if (!life || life.isDead || life.isPaused) return
    this.world.inject('process: paused')
    life.isPaused = true
    this.world.after(null, ms, 'resume', life.name, () => life.resume())
  }

  jumpClock(ms: number): void {
    this.world.inject('clock: jumps')
    this.clockOffsetMs += ms
  }
}

export class Life implements Owner {
  readonly name: string
  isDead = false
  isPaused = false
  readonly platform: Platform
  readonly startedMs: number
  readonly #held: Event[] = []
  readonly #ends = new Set<(isSilent: boolean) => void>()

  constructor(
    readonly machine: Machine,
    readonly number: number,
  ) {
    this.name = `${machine.name}#${number}`
    this.startedMs = machine.world.timeMs
    const own = this.platformOf(this)
    this.platform = (machine.options.threads ?? 0) > 0 ? { ...own, startWorker: simulatedWorkers(this) } : own
  }

  get world(): World {
    return this.machine.world
  }

  beforeEvent(): void {
    this.machine.beforeEvent()
  }

  hold(event: Event): void {
    this.#held.push(event)
  }

  resume(): void {
    this.isPaused = false
    // In the order in which they came, as messages have theirs.
    let atMs = this.world.timeMs
    for (const event of this.#held.splice(0)) this.world.again(event, (atMs += 1e-6))
  }

  die(isSilent: boolean): void {
    if (this.isDead) return
    this.isDead = true
    this.#held.length = 0
    for (const end of [...this.#ends]) end(isSilent)
    this.#ends.clear()
  }

  /** Called when this life ends, unless taken back. isSilent: nobody is there to tell its peers. */
  atEnd(call: (isSilent: boolean) => void): () => void {
    this.#ends.add(call)
    return () => this.#ends.delete(call)
  }

  /** What a client of this process sees of a call into it: its answer, or that the process died. */
  ask<T>(call: () => Promise<T>): Promise<T> {
    if (this.isDead) return Promise.reject(new Died(`${this.name} is dead`))
    return new Promise((resolve, reject) => {
      const release = this.atEnd(() => reject(new Died(`${this.name} died`)))
      call()
        .then(resolve, reject)
        .finally(() => release())
    })
  }

  /** For this life, or one of its threads. */
  platformOf(owner: Owner): Platform {
    const { machine, world } = this
    const { options } = machine
    const clock: Clock = {
      now: () => Math.floor(epochMs + world.timeMs + machine.clockOffsetMs),
      monotonic: () => world.timeMs - this.startedMs,
      after: (ms, call) => {
        const event = world.after(owner, ms + world.random.next(), 'timer', '', () => {
          try {
            call()
          } catch (error) {
            world.fail(error)
          }
        })
        return () => {
          event.call = null
        }
      },
      wait: ms =>
        new Promise(resolve => {
          world.after(owner, ms + world.random.next(), 'wait', '', resolve)
        }),
      yield: () =>
        new Promise(resolve => {
          world.after(owner, world.random.between(0, 0.05), 'yield', '', resolve)
        }),
    }
    return {
      name: 'simulated',
      core: coreModule(),
      clock,
      random: () => world.random.next(),
      randomBytes: size => Uint8Array.from({ length: size }, () => world.random.below(256)),
      openDisk: async () => machine.spindle.open(owner),
      threads: Math.max(1, options.threads ?? 0),
      hostName: machine.name,
      ...(options.network ? options.network.doors(this) : {}),
      log: (level, text) => {
        machine.log.push({ level, text })
        world.trace?.push(`${' '.repeat(14)}${owner.name} <${level}> ${text}`)
        if (/LOGICAL_ERROR|failed inside/.test(text)) world.fail(new Violation(`${this.name}: ${text}`))
      },
    }
  }
}

/** The code of an error, 0 for none of the engine's. */
export const codeOf = (error: unknown): number => (error instanceof DBError ? error.code : 0)
