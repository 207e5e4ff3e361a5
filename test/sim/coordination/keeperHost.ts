// A simulated machine that runs the embedded coordinator: for clients inside of its process, and over the network.
import {
  type EmbeddedCoordinator,
  embeddedCoordinator,
} from '../../../runtime/coordination/embedded/embeddedCoordinator.ts'
import type { Coordinator } from '../../../runtime/coordination/coordinator.ts'
import { Died, type Life, type Machine } from '../machine.ts'

export const tickMs = 500
export const keeperPort = 2181

export class KeeperHost {
  coordinator: EmbeddedCoordinator | null = null
  #up: Promise<void> = Promise.resolve()
  #isUp: () => void = () => {}

  constructor(readonly machine: Machine) {
    this.#down()
  }

  #down(): void {
    this.coordinator = null
    this.#up = new Promise(resolve => {
      this.#isUp = resolve
    })
  }

  /** Until it runs, however often it dies on the way. */
  async start(): Promise<void> {
    for (;;) {
      const life = this.machine.start()
      life.atEnd(() => this.#down())
      try {
        const disk = await life.ask(() => life.platform.openDisk('keeper'))
        this.coordinator = await life.ask(() => embeddedCoordinator(life.platform, disk, { tickMs }))
        this.#isUp()
        return
      } catch (error) {
        if (!(error instanceof Died)) throw error
        await this.machine.world.wait(10)
      }
    }
  }

  /** Its life, when it runs. */
  async running(): Promise<Life> {
    while (!this.coordinator || !this.machine.life) await this.#up
    return this.machine.life
  }

  /** For clients in its process. */
  async inside(): Promise<Coordinator> {
    await this.running()
    return this.coordinator!.client()
  }
}
