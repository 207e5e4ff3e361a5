/** A broken invariant of our own code: a bug, never the user's doing. Reported as LOGICAL_ERROR. */
export class AssertionFailure extends Error {
  override name = 'AssertionFailure'
}

/** States what must be true of our own code. Stays on in production; once a chunk, not once a row. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message)
}

/** For the branch that the types say cannot be. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${String(value)}`)
}
