// Points in time that can be put in order, also where the clock stands still while code runs.
export interface Moment {
  /** Monotonic. */
  readonly ms: number
  /** Among all moments of one clock. */
  readonly order: number
}

/** Before all others. */
export const never: Moment = { ms: Number.NEGATIVE_INFINITY, order: 0 }

/** The moments of one clock. */
export class Moments {
  #order = 0

  constructor(readonly clock: { monotonic(): number }) {}

  /** Later than each before it. */
  next(): Moment {
    return { ms: this.clock.monotonic(), order: ++this.#order }
  }
}

/** Whether a moment came after another, or no longer than `ageMs` before it. */
export function isSince(moment: Moment, other: Moment, ageMs = 0): boolean {
  return moment.order > other.order || (ageMs > 0 && moment.ms >= other.ms - ageMs)
}
