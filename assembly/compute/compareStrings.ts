// Comparisons of strings: 1 in out where `a op b`, else 0. A string is bytes[offsets[i]..offsets[i + 1]); the order is that of bytes.
// Up to 15 bytes are read past the bytes. FixedString(N), UUID and IP addresses that sort as bytes go to the ...Fixed kernels.
import { EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL } from "./comparison";
import { compareBytes, equalBytes } from "./bytes";

// @ts-ignore: decorator
@inline
function holds(op: i32, order: i32): bool {
  if (op == LESS) return order < 0;
  if (op == LESS_OR_EQUAL) return order <= 0;
  if (op == GREATER) return order > 0;
  return order >= 0;
}

// @ts-ignore: decorator
@inline
function compareStrings(op: i32, aOffsets: usize, a: usize, bOffsets: usize, b: usize, out: usize, rows: i32): void {
  let aStart = load<u32>(aOffsets);
  let bStart = load<u32>(bOffsets);
  for (let row = 0; row < rows; row++) {
    const aEnd = load<u32>(aOffsets + (<usize>row << 2), 4);
    const bEnd = load<u32>(bOffsets + (<usize>row << 2), 4);
    const aSize = <i32>(aEnd - aStart);
    const bSize = <i32>(bEnd - bStart);
    let found: bool;
    if (op == EQUAL || op == NOT_EQUAL) {
      const same = aSize == bSize && equalBytes(a + aStart, b + bStart, aSize);
      found = op == EQUAL ? same : !same;
    } else {
      found = holds(op, compareBytes(a + aStart, aSize, b + bStart, bSize));
    }
    store<u8>(out + <usize>row, <u8>found);
    aStart = aEnd;
    bStart = bEnd;
  }
}

// @ts-ignore: decorator
@inline
function compareStringsConst(op: i32, offsets: usize, bytes: usize, constant: usize, size: i32, out: usize, rows: i32): void {
  let start = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    const end = load<u32>(offsets + (<usize>row << 2), 4);
    const length = <i32>(end - start);
    let found: bool;
    if (op == EQUAL || op == NOT_EQUAL) {
      const same = length == size && equalBytes(bytes + start, constant, size);
      found = op == EQUAL ? same : !same;
    } else {
      found = holds(op, compareBytes(bytes + start, length, constant, size));
    }
    store<u8>(out + <usize>row, <u8>found);
    start = end;
  }
}

/** size: of one value; stepB: size, or 0 for a constant. */
// @ts-ignore: decorator
@inline
function compareFixed(op: i32, a: usize, b: usize, size: i32, stepB: usize, out: usize, rows: i32): void {
  const end = out + <usize>rows;
  while (out < end) {
    let found: bool;
    if (op == EQUAL) found = equalBytes(a, b, size);
    else if (op == NOT_EQUAL) found = !equalBytes(a, b, size);
    else found = holds(op, compareBytes(a, size, b, size));
    store<u8>(out, <u8>found);
    a += <usize>size;
    b += stepB;
    out++;
  }
}

/** out = a == b, row by row. aOffsets, bOffsets: u32[rows + 1] into a and b. */
export function equalStrings(aOffsets: usize, a: usize, bOffsets: usize, b: usize, out: usize, rows: i32): void { compareStrings(EQUAL, aOffsets, a, bOffsets, b, out, rows); }
/** out = a != b, row by row. aOffsets, bOffsets: u32[rows + 1] into a and b. */
export function notEqualStrings(aOffsets: usize, a: usize, bOffsets: usize, b: usize, out: usize, rows: i32): void { compareStrings(NOT_EQUAL, aOffsets, a, bOffsets, b, out, rows); }
/** out = a < b, row by row. aOffsets, bOffsets: u32[rows + 1] into a and b. */
export function lessStrings(aOffsets: usize, a: usize, bOffsets: usize, b: usize, out: usize, rows: i32): void { compareStrings(LESS, aOffsets, a, bOffsets, b, out, rows); }
/** out = a <= b, row by row. aOffsets, bOffsets: u32[rows + 1] into a and b. */
export function lessOrEqualStrings(aOffsets: usize, a: usize, bOffsets: usize, b: usize, out: usize, rows: i32): void { compareStrings(LESS_OR_EQUAL, aOffsets, a, bOffsets, b, out, rows); }
/** out = a > b, row by row. aOffsets, bOffsets: u32[rows + 1] into a and b. */
export function greaterStrings(aOffsets: usize, a: usize, bOffsets: usize, b: usize, out: usize, rows: i32): void { compareStrings(GREATER, aOffsets, a, bOffsets, b, out, rows); }
/** out = a >= b, row by row. aOffsets, bOffsets: u32[rows + 1] into a and b. */
export function greaterOrEqualStrings(aOffsets: usize, a: usize, bOffsets: usize, b: usize, out: usize, rows: i32): void { compareStrings(GREATER_OR_EQUAL, aOffsets, a, bOffsets, b, out, rows); }

/** out = string == constant. The constant is size bytes at `constant`. */
export function equalConstStrings(offsets: usize, bytes: usize, constant: usize, size: i32, out: usize, rows: i32): void { compareStringsConst(EQUAL, offsets, bytes, constant, size, out, rows); }
/** out = string != constant. The constant is size bytes at `constant`. */
export function notEqualConstStrings(offsets: usize, bytes: usize, constant: usize, size: i32, out: usize, rows: i32): void { compareStringsConst(NOT_EQUAL, offsets, bytes, constant, size, out, rows); }
/** out = string < constant. The constant is size bytes at `constant`. */
export function lessConstStrings(offsets: usize, bytes: usize, constant: usize, size: i32, out: usize, rows: i32): void { compareStringsConst(LESS, offsets, bytes, constant, size, out, rows); }
/** out = string <= constant. The constant is size bytes at `constant`. */
export function lessOrEqualConstStrings(offsets: usize, bytes: usize, constant: usize, size: i32, out: usize, rows: i32): void { compareStringsConst(LESS_OR_EQUAL, offsets, bytes, constant, size, out, rows); }
/** out = string > constant. The constant is size bytes at `constant`. */
export function greaterConstStrings(offsets: usize, bytes: usize, constant: usize, size: i32, out: usize, rows: i32): void { compareStringsConst(GREATER, offsets, bytes, constant, size, out, rows); }
/** out = string >= constant. The constant is size bytes at `constant`. */
export function greaterOrEqualConstStrings(offsets: usize, bytes: usize, constant: usize, size: i32, out: usize, rows: i32): void { compareStringsConst(GREATER_OR_EQUAL, offsets, bytes, constant, size, out, rows); }

/** out = a == b, row by row: values of size bytes each. */
export function equalFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(EQUAL, a, b, size, <usize>size, out, rows); }
/** out = a != b, row by row: values of size bytes each. */
export function notEqualFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(NOT_EQUAL, a, b, size, <usize>size, out, rows); }
/** out = a < b, row by row: values of size bytes each. */
export function lessFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(LESS, a, b, size, <usize>size, out, rows); }
/** out = a <= b, row by row: values of size bytes each. */
export function lessOrEqualFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(LESS_OR_EQUAL, a, b, size, <usize>size, out, rows); }
/** out = a > b, row by row: values of size bytes each. */
export function greaterFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(GREATER, a, b, size, <usize>size, out, rows); }
/** out = a >= b, row by row: values of size bytes each. */
export function greaterOrEqualFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(GREATER_OR_EQUAL, a, b, size, <usize>size, out, rows); }

/** out = a == the constant at b: values of size bytes each. */
export function equalConstFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(EQUAL, a, b, size, 0, out, rows); }
/** out = a != the constant at b: values of size bytes each. */
export function notEqualConstFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(NOT_EQUAL, a, b, size, 0, out, rows); }
/** out = a < the constant at b: values of size bytes each. */
export function lessConstFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(LESS, a, b, size, 0, out, rows); }
/** out = a <= the constant at b: values of size bytes each. */
export function lessOrEqualConstFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(LESS_OR_EQUAL, a, b, size, 0, out, rows); }
/** out = a > the constant at b: values of size bytes each. */
export function greaterConstFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(GREATER, a, b, size, 0, out, rows); }
/** out = a >= the constant at b: values of size bytes each. */
export function greaterOrEqualConstFixed(a: usize, b: usize, size: i32, out: usize, rows: i32): void { compareFixed(GREATER_OR_EQUAL, a, b, size, 0, out, rows); }

/** 1 where the string (or array) has nothing in it; only the offsets are read. */
export function emptyOffsets(offsets: usize, out: usize, rows: i32): void {
  const one = i8x16.splat(1);
  for (let row = 0; row < rows; row += 16) {
    v128.store(out + <usize>row, v128.and(emptyLanes(offsets + (<usize>row << 2)), one));
  }
}

/** The opposite of emptyOffsets. */
export function notEmptyOffsets(offsets: usize, out: usize, rows: i32): void {
  const one = i8x16.splat(1);
  for (let row = 0; row < rows; row += 16) {
    v128.store(out + <usize>row, v128.andnot(one, emptyLanes(offsets + (<usize>row << 2))));
  }
}

/** 16 rows' offsets against their successors. */
// @ts-ignore: decorator
@inline
function emptyLanes(offsets: usize): v128 {
  return i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(
      i32x4.eq(v128.load(offsets), v128.load(offsets, 4)),
      i32x4.eq(v128.load(offsets, 16), v128.load(offsets, 20)),
    ),
    i16x8.narrow_i32x4_s(
      i32x4.eq(v128.load(offsets, 32), v128.load(offsets, 36)),
      i32x4.eq(v128.load(offsets, 48), v128.load(offsets, 52)),
    ),
  );
}
