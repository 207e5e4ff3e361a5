// What is checked before bytes from elsewhere are used as columns.

/** 1 if offsets, u32[rows + 1], start at 0, end at total and never fall. */
export function offsetsAreValid(offsets: usize, rows: i32, total: u32): i32 {
  if (load<u32>(offsets) != 0 || load<u32>(offsets + (<usize>rows << 2)) != total) return 0;
  let wrong = i32x4.splat(0);
  let i: i32 = 0;
  for (; i + 4 <= rows; i += 4) {
    const at = offsets + (<usize>i << 2);
    wrong = v128.or(wrong, i32x4.gt_u(v128.load(at), v128.load(at, 4)));
  }
  for (; i < rows; i++) {
    const at = offsets + (<usize>i << 2);
    if (load<u32>(at) > load<u32>(at, 4)) return 0;
  }
  return v128.any_true(wrong) ? 0 : 1;
}

/** 1 if all of values, u32[rows], are below limit. */
export function allBelowU32(values: usize, rows: i32, limit: u32): i32 {
  const limits = i32x4.splat(limit);
  let wrong = i32x4.splat(0);
  let i: i32 = 0;
  for (; i + 4 <= rows; i += 4) wrong = v128.or(wrong, i32x4.ge_u(v128.load(values + (<usize>i << 2)), limits));
  for (; i < rows; i++) {
    if (load<u32>(values + (<usize>i << 2)) >= limit) return 0;
  }
  return v128.any_true(wrong) ? 0 : 1;
}
