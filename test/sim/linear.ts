/** Something that was asked of one object, and what came of it. Times are counted, not measured. */
export interface Call<State> {
  readonly invoked: number
  /** Infinity: no answer, so it may still happen. */
  readonly returned: number
  /** Without an answer it may also never happen. */
  readonly isOptional: boolean
  /** The state after it, null where its answer cannot come from this state. */
  apply(state: State): State | null
  readonly text: string
}

/**
 * Whether there is an order of the calls, each between its question and its answer, in which all the answers are right: Wing and
 * Gong's search, with what was tried before remembered.
 */
export function isLinear<State>(
  initial: State,
  calls: readonly Call<State>[],
  print: (state: State) => string,
): boolean {
  const sorted = [...calls].sort((a, b) => a.invoked - b.invoked)
  const tried = new Set<string>()
  const done = new Uint8Array(sorted.length)
  const search = (state: State, first: number): boolean => {
    while (first < sorted.length && done[first]) first++
    // What must have been done before the next one begins.
    let deadline = Number.POSITIVE_INFINITY
    let isOver = true
    for (let i = first; i < sorted.length; i++)
      if (!done[i]) {
        if (!sorted[i].isOptional) isOver = false
        if (sorted[i].returned < deadline) deadline = sorted[i].returned
      }
    if (isOver) return true
    const known = `${first} ${done.subarray(first).join('')} ${print(state)}`
    if (tried.has(known)) return false
    tried.add(known)
    for (let i = first; i < sorted.length; i++) {
      const call = sorted[i]
      if (done[i]) continue
      if (call.invoked > deadline) break
      const next = call.apply(state)
      if (next === null) continue
      done[i] = 1
      if (search(next, first)) return true
      done[i] = 0
    }
    return false
  }
  return search(initial, 0)
}
