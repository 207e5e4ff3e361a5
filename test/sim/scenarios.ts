import type { Scenario } from './scenario.ts'
import { oneServer } from './scenarios/oneServer.ts'

/** All that there are. */
export const scenarios: readonly Scenario[] = [oneServer as Scenario]
