// Least and greatest values. States are the values and a flag for each group that has one. NaN gives way to any other value.

// @ts-ignore: decorator
@inline
function beats<T>(value: T, state: T, greatest: bool): bool {
  const better = greatest ? value > state : value < state;
  return isFloat<T>() ? better | (state != state) : better;
}

// @ts-ignore: decorator
@inline
function grouped<T>(states: usize, flags: usize, ids: usize, values: usize, rows: i32, greatest: bool): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const id = <usize>load<u32>(ids + (row << 2));
    const state = states + id * sizeof<T>();
    const value = load<T>(values + row * sizeof<T>());
    const old = load<T>(state);
    store<T>(state, select<T>(value, old, i32(!load<u8>(flags + id)) | i32(beats<T>(value, old, greatest))));
    store<u8>(flags + id, 1);
  }
}

/** A whole column into the first state, in four chains; rows > 0. */
// @ts-ignore: decorator
@inline
function whole<T>(state: usize, flag: usize, values: usize, rows: i32, greatest: bool): void {
  if (rows <= 0) return;
  const end = values + <usize>rows * sizeof<T>();
  let best = load<u8>(flag) ? load<T>(state) : load<T>(values);
  // A vector's first lanes start with a value that is there; NaN is left behind by the scalar steps only.
  if (!isFloat<T>() && sizeof<T>() < 8 && rows >= <i32>(64 / sizeof<T>())) {
    let a = v128.splat<T>(best);
    let b = a;
    for (; values + 32 <= end; values += 32) {
      a = greatest ? v128.max<T>(a, v128.load(values)) : v128.min<T>(a, v128.load(values));
      b = greatest ? v128.max<T>(b, v128.load(values, 16)) : v128.min<T>(b, v128.load(values, 16));
    }
    a = greatest ? v128.max<T>(a, b) : v128.min<T>(a, b);
    store<u8>(flag, 1);
    v128.store(LANES, a);
    for (let lane: usize = 0; lane < 16; lane += sizeof<T>()) {
      const value = load<T>(LANES + lane);
      if (beats<T>(value, best, greatest)) best = value;
    }
  }
  let second = best;
  for (; values + 2 * sizeof<T>() <= end; values += 2 * sizeof<T>()) {
    const value = load<T>(values);
    const other = load<T>(values, sizeof<T>());
    best = select<T>(value, best, beats<T>(value, best, greatest));
    second = select<T>(other, second, beats<T>(other, second, greatest));
  }
  if (values < end) {
    const value = load<T>(values);
    best = select<T>(value, best, beats<T>(value, best, greatest));
  }
  store<T>(state, select<T>(second, best, beats<T>(second, best, greatest)));
  store<u8>(flag, 1);
}

const LANES = memory.data(16, 16);

/** Lists the rows that take the lead of their group, in order, and moves the states on. */
// @ts-ignore: decorator
@inline
function leads<T>(states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize, greatest: bool): i32 {
  let count = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const id: usize = ids == 0 ? 0 : <usize>load<u32>(ids + (row << 2));
    const state = states + id * sizeof<T>();
    const value = load<T>(values + row * sizeof<T>());
    const old = load<T>(state);
    const lead = i32(!load<u8>(flags + id)) | i32(beats<T>(value, old, greatest));
    store<T>(state, select<T>(value, old, lead));
    store<u8>(flags + id, 1);
    store<u32>(groups + (<usize>count << 2), <u32>id);
    store<u32>(leaders + (<usize>count << 2), <u32>row);
    count += lead;
  }
  return count;
}

/** states: i8[groups] take in values i8[rows]; flags: u8[groups]. ids: u32[rows]. */
export function minI8Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i8>(states, flags, ids, values, rows, false);
}

/** The first state takes in the whole column. */
export function minI8(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<i8>(state, flag, values, rows, false);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function minI8Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<i8>(states, flags, ids, values, rows, groups, leaders, false);
}

/** states: i16[groups] take in values i16[rows]; flags: u8[groups]. ids: u32[rows]. */
export function minI16Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i16>(states, flags, ids, values, rows, false);
}

/** The first state takes in the whole column. */
export function minI16(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<i16>(state, flag, values, rows, false);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function minI16Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<i16>(states, flags, ids, values, rows, groups, leaders, false);
}

/** states: i32[groups] take in values i32[rows]; flags: u8[groups]. ids: u32[rows]. */
export function minI32Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i32>(states, flags, ids, values, rows, false);
}

/** The first state takes in the whole column. */
export function minI32(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<i32>(state, flag, values, rows, false);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function minI32Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<i32>(states, flags, ids, values, rows, groups, leaders, false);
}

/** states: i64[groups] take in values i64[rows]; flags: u8[groups]. ids: u32[rows]. */
export function minI64Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i64>(states, flags, ids, values, rows, false);
}

/** The first state takes in the whole column. */
export function minI64(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<i64>(state, flag, values, rows, false);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function minI64Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<i64>(states, flags, ids, values, rows, groups, leaders, false);
}

/** states: u8[groups] take in values u8[rows]; flags: u8[groups]. ids: u32[rows]. */
export function minU8Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u8>(states, flags, ids, values, rows, false);
}

/** The first state takes in the whole column. */
export function minU8(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<u8>(state, flag, values, rows, false);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function minU8Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<u8>(states, flags, ids, values, rows, groups, leaders, false);
}

/** states: u16[groups] take in values u16[rows]; flags: u8[groups]. ids: u32[rows]. */
export function minU16Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u16>(states, flags, ids, values, rows, false);
}

/** The first state takes in the whole column. */
export function minU16(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<u16>(state, flag, values, rows, false);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function minU16Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<u16>(states, flags, ids, values, rows, groups, leaders, false);
}

/** states: u32[groups] take in values u32[rows]; flags: u8[groups]. ids: u32[rows]. */
export function minU32Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u32>(states, flags, ids, values, rows, false);
}

/** The first state takes in the whole column. */
export function minU32(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<u32>(state, flag, values, rows, false);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function minU32Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<u32>(states, flags, ids, values, rows, groups, leaders, false);
}

/** states: u64[groups] take in values u64[rows]; flags: u8[groups]. ids: u32[rows]. */
export function minU64Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u64>(states, flags, ids, values, rows, false);
}

/** The first state takes in the whole column. */
export function minU64(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<u64>(state, flag, values, rows, false);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function minU64Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<u64>(states, flags, ids, values, rows, groups, leaders, false);
}

/** states: f32[groups] take in values f32[rows]; flags: u8[groups]. ids: u32[rows]. */
export function minF32Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<f32>(states, flags, ids, values, rows, false);
}

/** The first state takes in the whole column. */
export function minF32(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<f32>(state, flag, values, rows, false);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function minF32Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<f32>(states, flags, ids, values, rows, groups, leaders, false);
}

/** states: f64[groups] take in values f64[rows]; flags: u8[groups]. ids: u32[rows]. */
export function minF64Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<f64>(states, flags, ids, values, rows, false);
}

/** The first state takes in the whole column. */
export function minF64(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<f64>(state, flag, values, rows, false);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function minF64Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<f64>(states, flags, ids, values, rows, groups, leaders, false);
}

/** states: i8[groups] take in values i8[rows]; flags: u8[groups]. ids: u32[rows]. */
export function maxI8Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i8>(states, flags, ids, values, rows, true);
}

/** The first state takes in the whole column. */
export function maxI8(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<i8>(state, flag, values, rows, true);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function maxI8Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<i8>(states, flags, ids, values, rows, groups, leaders, true);
}

/** states: i16[groups] take in values i16[rows]; flags: u8[groups]. ids: u32[rows]. */
export function maxI16Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i16>(states, flags, ids, values, rows, true);
}

/** The first state takes in the whole column. */
export function maxI16(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<i16>(state, flag, values, rows, true);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function maxI16Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<i16>(states, flags, ids, values, rows, groups, leaders, true);
}

/** states: i32[groups] take in values i32[rows]; flags: u8[groups]. ids: u32[rows]. */
export function maxI32Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i32>(states, flags, ids, values, rows, true);
}

/** The first state takes in the whole column. */
export function maxI32(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<i32>(state, flag, values, rows, true);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function maxI32Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<i32>(states, flags, ids, values, rows, groups, leaders, true);
}

/** states: i64[groups] take in values i64[rows]; flags: u8[groups]. ids: u32[rows]. */
export function maxI64Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i64>(states, flags, ids, values, rows, true);
}

/** The first state takes in the whole column. */
export function maxI64(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<i64>(state, flag, values, rows, true);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function maxI64Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<i64>(states, flags, ids, values, rows, groups, leaders, true);
}

/** states: u8[groups] take in values u8[rows]; flags: u8[groups]. ids: u32[rows]. */
export function maxU8Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u8>(states, flags, ids, values, rows, true);
}

/** The first state takes in the whole column. */
export function maxU8(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<u8>(state, flag, values, rows, true);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function maxU8Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<u8>(states, flags, ids, values, rows, groups, leaders, true);
}

/** states: u16[groups] take in values u16[rows]; flags: u8[groups]. ids: u32[rows]. */
export function maxU16Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u16>(states, flags, ids, values, rows, true);
}

/** The first state takes in the whole column. */
export function maxU16(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<u16>(state, flag, values, rows, true);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function maxU16Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<u16>(states, flags, ids, values, rows, groups, leaders, true);
}

/** states: u32[groups] take in values u32[rows]; flags: u8[groups]. ids: u32[rows]. */
export function maxU32Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u32>(states, flags, ids, values, rows, true);
}

/** The first state takes in the whole column. */
export function maxU32(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<u32>(state, flag, values, rows, true);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function maxU32Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<u32>(states, flags, ids, values, rows, groups, leaders, true);
}

/** states: u64[groups] take in values u64[rows]; flags: u8[groups]. ids: u32[rows]. */
export function maxU64Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u64>(states, flags, ids, values, rows, true);
}

/** The first state takes in the whole column. */
export function maxU64(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<u64>(state, flag, values, rows, true);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function maxU64Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<u64>(states, flags, ids, values, rows, groups, leaders, true);
}

/** states: f32[groups] take in values f32[rows]; flags: u8[groups]. ids: u32[rows]. */
export function maxF32Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<f32>(states, flags, ids, values, rows, true);
}

/** The first state takes in the whole column. */
export function maxF32(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<f32>(state, flag, values, rows, true);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function maxF32Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<f32>(states, flags, ids, values, rows, groups, leaders, true);
}

/** states: f64[groups] take in values f64[rows]; flags: u8[groups]. ids: u32[rows]. */
export function maxF64Grouped(states: usize, flags: usize, ids: usize, values: usize, rows: i32): void {
  grouped<f64>(states, flags, ids, values, rows, true);
}

/** The first state takes in the whole column. */
export function maxF64(state: usize, flag: usize, values: usize, rows: i32): void {
  whole<f64>(state, flag, values, rows, true);
}

/**
 * The same, telling who took the lead: groups and leaders, u32[rows] each, get the group and the row of every change in order, of which
 * the last one of a group stands. ids: 0 puts all in group 0. Returns the number of changes. Room for one number more is needed.
 */
export function maxF64Leads(
  states: usize, flags: usize, ids: usize, values: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return leads<f64>(states, flags, ids, values, rows, groups, leaders, true);
}
