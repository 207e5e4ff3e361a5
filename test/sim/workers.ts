// Workers of a simulated process. They run in the same thread as everything, each with a core of its own; what they are told and what
// they answer are events, copied as between threads.
import { type HostOptions, TaskHost } from '../../runtime/engine/host.ts'
import type { ToWorker } from '../../runtime/engine/messages.ts'
import type { Platform } from '../../runtime/platform.ts'
import type { Life } from './machine.ts'
import { takeMemory } from './memories.ts'
import type { Event, Owner } from './world.ts'

class Thread implements Owner {
  #isOver = false

  constructor(
    readonly life: Life,
    readonly name: string,
  ) {}

  get isDead(): boolean {
    return this.#isOver || this.life.isDead
  }

  get isPaused(): boolean {
    return this.life.isPaused
  }

  hold(event: Event): void {
    this.life.hold(event)
  }

  beforeEvent(): void {
    this.life.beforeEvent()
  }

  end(): void {
    this.#isOver = true
  }
}

export function simulatedWorkers(life: Life): NonNullable<Platform['startWorker']> {
  const { world } = life
  let started = 0
  return onMessage => {
    const number = ++started
    const thread = new Thread(life, `${life.name}/${number}`)
    const platform = life.platformOf(thread)
    let host: TaskHost | null = null
    // Messages of one direction keep their order.
    let [lastInMs, lastOutMs] = [0, 0]
    const post = (message: unknown, transfer?: ArrayBuffer[]) => {
      if (thread.isDead) return
      const copy = structuredClone(message, { transfer: transfer ? [...transfer] : [] })
      lastOutMs = Math.max(lastOutMs + 0.001, world.timeMs + world.random.between(0.01, 0.3))
      world.after(life, lastOutMs - world.timeMs, 'from worker', thread.name, () => onMessage(copy))
    }
    return {
      post(message, transfer) {
        if (thread.isDead) return
        const copy = structuredClone(message, { transfer: transfer ? [...transfer] : [] }) as
          | { options: HostOptions }
          | ToWorker
        lastInMs = Math.max(lastInMs + 0.001, world.timeMs + world.random.between(0.01, 0.3))
        world.after(thread, lastInMs - world.timeMs, 'to worker', thread.name, () => {
          if ('options' in copy) host = new TaskHost(platform, post, copy.options, takeMemory(number))
          else host?.handle(copy)
        })
      },
      async terminate() {
        thread.end()
      },
    }
  }
}
