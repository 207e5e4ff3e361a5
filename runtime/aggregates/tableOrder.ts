// The order in which ClickHouse's hash tables give their keys: results of groupUniqArray and the bytes of states have it.

/**
 * Places of distinct keys, given in the order they were inserted: open addressing with linear probing over 2^degree cells at first, 2^step times
 * as many when more than half are used. hashes: one a key; the key that is zero lies outside of the table and comes first.
 */
export function tableOrder(hashes: ArrayLike<number>, zero: number, firstDegree = 4, step = 2): number[] {
  let degree = firstDegree
  let cells = new Int32Array(1 << degree).fill(-1)
  let used = 0
  const find = (key: number): number => {
    const mask = (1 << degree) - 1
    let cell = hashes[key] & mask
    while (cells[cell] >= 0 && cells[cell] !== key) cell = (cell + 1) & mask
    return cell
  }
  const move = (cell: number): void => {
    const key = cells[cell]
    if ((hashes[key] & ((1 << degree) - 1)) === cell) return
    const target = find(key)
    if (cells[target] >= 0) return
    cells[target] = key
    cells[cell] = -1
  }
  for (let key = 0; key < hashes.length; key++) {
    used++
    if (key !== zero) cells[find(key)] = key
    if (used <= 1 << (degree - 1)) continue
    const before = 1 << degree
    degree += degree >= 23 ? 1 : step
    const larger = new Int32Array(1 << degree).fill(-1)
    larger.set(cells)
    cells = larger
    let cell = 0
    for (; cell < before; cell++) if (cells[cell] >= 0) move(cell)
    // What was pushed over the end of the old table goes to its place as well.
    for (; cell < cells.length && cells[cell] >= 0; cell++) move(cell)
  }
  const order = zero >= 0 ? [zero] : []
  for (const key of cells) if (key >= 0) order.push(key)
  return order
}
