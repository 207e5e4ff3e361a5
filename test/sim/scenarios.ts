import type { Scenario } from './scenario.ts'
import { coordinator } from './scenarios/coordinator.ts'
import { election, lockScenario } from './scenarios/exclusive.ts'
import { faultyDisk, oneServer } from './scenarios/oneServer.ts'
import { rottenDisk } from './scenarios/rottenDisk.ts'

/** All that there are. */
export const scenarios = [
  oneServer,
  faultyDisk,
  rottenDisk,
  coordinator,
  lockScenario,
  election,
] as unknown as readonly Scenario[]
