// Comparisons of integers of 128 and 256 bits: little-endian 64-bit words, the sign in the last one. 1 in out: u8[rows] where `a op b`;
// nothing is read or written past the rows.
import { EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL } from "./comparison";

// @ts-ignore: decorator
@inline
function wideEqual(a: usize, b: usize, words: usize): bool {
  let difference = load<u64>(a) ^ load<u64>(b);
  for (let k: usize = 1; k < words; k++) difference |= load<u64>(a + k * 8) ^ load<u64>(b + k * 8);
  return difference == 0;
}

/** T: i64 for signed numbers, u64 for unsigned ones. */
// @ts-ignore: decorator
@inline
function wideLess<T>(a: usize, b: usize, words: usize): bool {
  const last = (words - 1) * 8;
  const x = load<T>(a + last);
  const y = load<T>(b + last);
  if (x != y) return x < y;
  for (let k = words - 1; k > 0; k--) {
    const u = load<u64>(a + (k - 1) * 8);
    const v = load<u64>(b + (k - 1) * 8);
    if (u != v) return u < v;
  }
  return false;
}

// @ts-ignore: decorator
@inline
function compareWide<T>(op: i32, words: usize, stepB: usize, a: usize, b: usize, out: usize, rows: i32): void {
  const end = out + <usize>rows;
  while (out < end) {
    let found: bool;
    if (op == EQUAL) found = wideEqual(a, b, words);
    else if (op == NOT_EQUAL) found = !wideEqual(a, b, words);
    else if (op == LESS) found = wideLess<T>(a, b, words);
    else if (op == LESS_OR_EQUAL) found = !wideLess<T>(b, a, words);
    else if (op == GREATER) found = wideLess<T>(b, a, words);
    else found = !wideLess<T>(a, b, words);
    store<u8>(out, <u8>found);
    a += words * 8;
    b += stepB;
    out++;
  }
}

/** out = a == b, row by row. */
export function equalI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(EQUAL, 2, 16, a, b, out, rows); }
export function equalU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(EQUAL, 2, 16, a, b, out, rows); }
export function equalI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(EQUAL, 4, 32, a, b, out, rows); }
export function equalU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(EQUAL, 4, 32, a, b, out, rows); }

/** out = a == the constant at b. */
export function equalConstI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(EQUAL, 2, 0, a, b, out, rows); }
export function equalConstU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(EQUAL, 2, 0, a, b, out, rows); }
export function equalConstI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(EQUAL, 4, 0, a, b, out, rows); }
export function equalConstU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(EQUAL, 4, 0, a, b, out, rows); }

/** out = a != b, row by row. */
export function notEqualI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(NOT_EQUAL, 2, 16, a, b, out, rows); }
export function notEqualU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(NOT_EQUAL, 2, 16, a, b, out, rows); }
export function notEqualI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(NOT_EQUAL, 4, 32, a, b, out, rows); }
export function notEqualU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(NOT_EQUAL, 4, 32, a, b, out, rows); }

/** out = a != the constant at b. */
export function notEqualConstI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(NOT_EQUAL, 2, 0, a, b, out, rows); }
export function notEqualConstU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(NOT_EQUAL, 2, 0, a, b, out, rows); }
export function notEqualConstI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(NOT_EQUAL, 4, 0, a, b, out, rows); }
export function notEqualConstU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(NOT_EQUAL, 4, 0, a, b, out, rows); }

/** out = a < b, row by row. */
export function lessI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(LESS, 2, 16, a, b, out, rows); }
export function lessU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(LESS, 2, 16, a, b, out, rows); }
export function lessI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(LESS, 4, 32, a, b, out, rows); }
export function lessU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(LESS, 4, 32, a, b, out, rows); }

/** out = a < the constant at b. */
export function lessConstI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(LESS, 2, 0, a, b, out, rows); }
export function lessConstU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(LESS, 2, 0, a, b, out, rows); }
export function lessConstI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(LESS, 4, 0, a, b, out, rows); }
export function lessConstU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(LESS, 4, 0, a, b, out, rows); }

/** out = a <= b, row by row. */
export function lessOrEqualI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(LESS_OR_EQUAL, 2, 16, a, b, out, rows); }
export function lessOrEqualU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(LESS_OR_EQUAL, 2, 16, a, b, out, rows); }
export function lessOrEqualI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(LESS_OR_EQUAL, 4, 32, a, b, out, rows); }
export function lessOrEqualU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(LESS_OR_EQUAL, 4, 32, a, b, out, rows); }

/** out = a <= the constant at b. */
export function lessOrEqualConstI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(LESS_OR_EQUAL, 2, 0, a, b, out, rows); }
export function lessOrEqualConstU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(LESS_OR_EQUAL, 2, 0, a, b, out, rows); }
export function lessOrEqualConstI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(LESS_OR_EQUAL, 4, 0, a, b, out, rows); }
export function lessOrEqualConstU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(LESS_OR_EQUAL, 4, 0, a, b, out, rows); }

/** out = a > b, row by row. */
export function greaterI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(GREATER, 2, 16, a, b, out, rows); }
export function greaterU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(GREATER, 2, 16, a, b, out, rows); }
export function greaterI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(GREATER, 4, 32, a, b, out, rows); }
export function greaterU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(GREATER, 4, 32, a, b, out, rows); }

/** out = a > the constant at b. */
export function greaterConstI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(GREATER, 2, 0, a, b, out, rows); }
export function greaterConstU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(GREATER, 2, 0, a, b, out, rows); }
export function greaterConstI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(GREATER, 4, 0, a, b, out, rows); }
export function greaterConstU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(GREATER, 4, 0, a, b, out, rows); }

/** out = a >= b, row by row. */
export function greaterOrEqualI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(GREATER_OR_EQUAL, 2, 16, a, b, out, rows); }
export function greaterOrEqualU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(GREATER_OR_EQUAL, 2, 16, a, b, out, rows); }
export function greaterOrEqualI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(GREATER_OR_EQUAL, 4, 32, a, b, out, rows); }
export function greaterOrEqualU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(GREATER_OR_EQUAL, 4, 32, a, b, out, rows); }

/** out = a >= the constant at b. */
export function greaterOrEqualConstI128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(GREATER_OR_EQUAL, 2, 0, a, b, out, rows); }
export function greaterOrEqualConstU128(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(GREATER_OR_EQUAL, 2, 0, a, b, out, rows); }
export function greaterOrEqualConstI256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<i64>(GREATER_OR_EQUAL, 4, 0, a, b, out, rows); }
export function greaterOrEqualConstU256(a: usize, b: usize, out: usize, rows: i32): void { compareWide<u64>(GREATER_OR_EQUAL, 4, 0, a, b, out, rows); }
