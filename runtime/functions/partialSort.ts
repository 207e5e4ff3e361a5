// Floyd and Rivest's selection, by which the first items of an order are found without sorting all. The others keep the places that the
// exchanges leave them at, which a user of partial sorts sees: so the exchanges are those of the algorithm, step by step.

type Order<T> = (a: T, b: T) => number

function exchange<T>(items: T[], a: number, b: number): void {
  const item = items[a]
  items[a] = items[b]
  items[b] = item
}

/** Puts the item that belongs at a place there, lesser ones before it and greater ones behind. */
function select<T>(items: T[], first: number, last: number, place: number, order: Order<T>): void {
  let [left, right] = [first, last]
  while (right > left) {
    const size = right - left
    if (size > 600) {
      // In large ranges, a selection from a sample gives better bounds first.
      const n = size + 1
      const i = place - left + 1
      const z = Math.log(n)
      const s = 0.5 * Math.exp((2 * z) / 3)
      const deviation = 0.5 * Math.sqrt((z * s * (n - s)) / n) * Math.sign(i - n / 2)
      const low = Math.max(left, Math.trunc(place - (i * s) / n + deviation))
      const high = Math.min(right, Math.trunc(place + ((n - i) * s) / n + deviation))
      select(items, low, high, place, order)
    }
    let [i, j] = [left, right]
    exchange(items, left, place)
    const pivot = items[left]
    const isLess = order(pivot, items[right]) < 0
    if (isLess) exchange(items, left, right)
    while (i < j) {
      exchange(items, i, j)
      i++
      j--
      while (order(items[i], pivot) < 0) i++
      while (order(pivot, items[j]) < 0) j--
    }
    if (isLess) exchange(items, left, j)
    else {
      j++
      exchange(items, right, j)
    }
    if (j <= place) left = j + 1
    if (place <= j) right = j - 1
  }
}

/** Sorts as far as the first `count` items. */
export function partialSort<T>(items: T[], count: number, order: Order<T>): void {
  select(items, 0, items.length - 1, count - 1, order)
  const sorted = items.slice(0, count).sort(order)
  for (const [i, item] of sorted.entries()) items[i] = item
}
