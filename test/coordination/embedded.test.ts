import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { embeddedCoordinator } from '../../runtime/coordination/embedded/embeddedCoordinator.ts'
import { platformHere } from '../platform/here.ts'
import { coordinatorContract } from './contract.ts'

coordinatorContract(
  'embedded, in memory',
  async () => {
    const coordinator = await embeddedCoordinator(platformHere(), null)
    return { client: () => coordinator.client(), servers: [], stop: () => coordinator.close() }
  },
  { hasMulti: true, hasWire: false, hasAcl: true },
)

coordinatorContract(
  'embedded, on a disk',
  async () => {
    const platform = platformHere()
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-embedded-'))
    const coordinator = await embeddedCoordinator(platform, await platform.openDisk(directory))
    return {
      client: () => coordinator.client(),
      servers: [],
      async stop() {
        await coordinator.close()
        fs.rmSync(directory, { recursive: true, force: true })
      },
    }
  },
  { hasMulti: true, hasWire: false, hasAcl: true },
)
