// A scenario: a generator of operations, and a run of them that judges what may be seen. Faults are operations, too, so a failing run
// shrinks by leaving some out.
import type { Random } from './random.ts'
import type { World } from './world.ts'

export interface Scenario<Operation = unknown> {
  readonly name: string
  /** How it can be broken deliberately, and what that means. The scenario must then fail. */
  readonly breaches: Readonly<Record<string, string>>
  /** What a seed does. */
  plan(random: Random): Operation[]
  /** Throws a Violation where something was seen that may not be. */
  run(world: World, operations: readonly Operation[], breach: string | null): Promise<void>
}
