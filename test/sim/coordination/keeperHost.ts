// A simulated machine that runs the embedded coordinator: for clients inside of its process, and over the network.
import type { EmbeddedCoordinator } from '../../../runtime/coordination/embedded/embeddedCoordinator.ts'
import { startKeeper } from '../../../runtime/coordination/keeper/keeperServer.ts'
import type { Coordinator } from '../../../runtime/coordination/coordinator.ts'
import { isInjected } from '../disk.ts'
import { Died, type Life, type Machine } from '../machine.ts'

export const tickMs = 500
export const keeperPort = 2181

export class KeeperHost {
  coordinator: EmbeddedCoordinator | null = null
  #waiting: (() => void)[] = []

  constructor(readonly machine: Machine) {}

  /** Until it runs, however often it dies on the way. */
  async start(): Promise<void> {
    for (;;) {
      const life = this.machine.start()
      life.atEnd(() => {
        this.coordinator = null
      })
      try {
        const disk = await life.ask(() => life.platform.openDisk('keeper'))
        const running = await life.ask(() =>
          startKeeper(life.platform, disk, { tickMs, port: keeperPort, host: 'keeper' }),
        )
        this.coordinator = running.coordinator
        for (const wake of this.#waiting.splice(0)) wake()
        return
      } catch (error) {
        if (!(error instanceof Died || isInjected(error))) throw error
        this.machine.stop()
        await this.machine.world.wait(10)
      }
    }
  }

  /** Its life, when it runs. */
  async running(): Promise<Life> {
    while (!this.coordinator || !this.machine.life)
      await new Promise<void>(resolve => {
        this.#waiting.push(resolve)
      })
    return this.machine.life
  }

  /** For clients in its process. */
  async inside(): Promise<Coordinator> {
    await this.running()
    return this.coordinator!.client()
  }
}
