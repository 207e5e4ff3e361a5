import type { Scenario } from './scenario.ts'
import { coordinator } from './scenarios/coordinator.ts'
import { election, lockScenario } from './scenarios/exclusive.ts'
import { oneServer } from './scenarios/oneServer.ts'

/** All that there are. */
export const scenarios: readonly Scenario[] = [
  oneServer as Scenario,
  coordinator as Scenario,
  lockScenario as Scenario,
  election as Scenario,
]
