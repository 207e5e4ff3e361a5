// Bitwise and, or, xor over values of one width. ids: u32[rows], or 0 for group 0.

// @ts-ignore: decorator
@inline
function grouped<T>(states: usize, ids: usize, values: usize, rows: i32, operation: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const state = states + (ids == 0 ? 0 : <usize>load<u32>(ids + (row << 2))) * sizeof<T>();
    const value = load<T>(values + row * sizeof<T>());
    const old = load<T>(state);
    if (operation == 0) store<T>(state, old & value);
    else if (operation == 1) store<T>(state, old | value);
    else store<T>(state, old ^ value);
  }
}

/** states: u8[groups], all ones at first. */
export function bitAndU8Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u8>(states, ids, values, rows, 0);
}

/** states: u16[groups], all ones at first. */
export function bitAndU16Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u16>(states, ids, values, rows, 0);
}

/** states: u32[groups], all ones at first. */
export function bitAndU32Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u32>(states, ids, values, rows, 0);
}

/** states: u64[groups], all ones at first. */
export function bitAndU64Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u64>(states, ids, values, rows, 0);
}

/** states: u8[groups], zeros at first. */
export function bitOrU8Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u8>(states, ids, values, rows, 1);
}

/** states: u16[groups], zeros at first. */
export function bitOrU16Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u16>(states, ids, values, rows, 1);
}

/** states: u32[groups], zeros at first. */
export function bitOrU32Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u32>(states, ids, values, rows, 1);
}

/** states: u64[groups], zeros at first. */
export function bitOrU64Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u64>(states, ids, values, rows, 1);
}

/** states: u8[groups], zeros at first. */
export function bitXorU8Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u8>(states, ids, values, rows, 2);
}

/** states: u16[groups], zeros at first. */
export function bitXorU16Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u16>(states, ids, values, rows, 2);
}

/** states: u32[groups], zeros at first. */
export function bitXorU32Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u32>(states, ids, values, rows, 2);
}

/** states: u64[groups], zeros at first. */
export function bitXorU64Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u64>(states, ids, values, rows, 2);
}
