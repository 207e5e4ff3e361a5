import { assert } from '../../core/assert.ts'

/** Runs for each item, in order, so many at once. After an error none is begun any more; it rejects when all that were begun are over. */
export async function forEachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  assert(atOnce > 0, 'at least one at a time')
  let next = 0
  let failed: { readonly error: unknown } | null = null
  const work = async () => {
    while (next < items.length && !failed) {
      try {
        await run(items[next++]!)
      } catch (error) {
        failed ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  if (failed) throw (failed as { error: unknown }).error
}
