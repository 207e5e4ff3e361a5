// Arithmetic on integers of 128 and 256 bits, little-endian. Shapes as in arithmetic.ts, but nothing is touched past the rows; out may be
// a or b. Sums and products wrap.

/** For one row's intermediate results: 64 limbs of 32 bits. */
const scratch: usize = memory.data(256);

// @ts-ignore: decorator
@inline
function addOne(a: usize, b: usize, out: usize, words: usize): void {
  let carry: u64 = 0;
  for (let k: usize = 0; k < words; k++) {
    const x = load<u64>(a + k * 8);
    const sum = x + load<u64>(b + k * 8);
    const total = sum + carry;
    carry = u64(sum < x) | u64(total < sum);
    store<u64>(out + k * 8, total);
  }
}

// @ts-ignore: decorator
@inline
function subtractOne(a: usize, b: usize, out: usize, words: usize): void {
  let borrow: u64 = 0;
  for (let k: usize = 0; k < words; k++) {
    const x = load<u64>(a + k * 8);
    const y = load<u64>(b + k * 8);
    const difference = x - y;
    store<u64>(out + k * 8, difference - borrow);
    borrow = u64(x < y) | u64(difference < borrow);
  }
}

/** The product's low limbs, by hand as in school. out is neither a nor b. outLimbs: how many are wanted. */
function multiplyLimbs(a: usize, b: usize, limbs: usize, out: usize, outLimbs: usize): void {
  memory.fill(out, 0, outLimbs << 2);
  for (let i: usize = 0; i < limbs; i++) {
    const x = <u64>load<u32>(a + (i << 2));
    if (x == 0) continue;
    let carry: u64 = 0;
    for (let j: usize = 0; i + j < outLimbs; j++) {
      const y = j < limbs ? <u64>load<u32>(b + (j << 2)) : 0;
      const at = out + ((i + j) << 2);
      const total = x * y + <u64>load<u32>(at) + carry;
      store<u32>(at, <u32>total);
      carry = total >> 32;
    }
  }
}

// @ts-ignore: decorator
@inline
function multiplyOne(a: usize, b: usize, out: usize, words: usize): void {
  multiplyLimbs(a, b, words * 2, scratch, words * 2);
  memory.copy(out, scratch, words * 8);
}

// @ts-ignore: decorator
@inline
function isNegative(a: usize, words: usize): bool {
  return load<i64>(a + (words - 1) * 8) < 0;
}

// @ts-ignore: decorator
@inline
function isZero(a: usize, words: usize): bool {
  let all: u64 = 0;
  for (let k: usize = 0; k < words; k++) all |= load<u64>(a + k * 8);
  return all == 0;
}

// @ts-ignore: decorator
@inline
function negateOne(a: usize, out: usize, words: usize): void {
  let carry: u64 = 1;
  for (let k: usize = 0; k < words; k++) {
    const x = ~load<u64>(a + k * 8);
    store<u64>(out + k * 8, x + carry);
    carry = u64(carry != 0 && x == u64.MAX_VALUE);
  }
}

/** Quotient to out and remainder to rest (both apart from a and b) of unsigned numbers; b is not zero. */
function divideWords(a: usize, b: usize, out: usize, rest: usize, words: usize): void {
  memory.fill(out, 0, words * 8);
  memory.fill(rest, 0, words * 8);
  let high: u64 = 0;
  for (let k: usize = 1; k < words; k++) high |= load<u64>(b + k * 8);
  if (high == 0 && load<u64>(b) <= 0xffffffff) {
    const divisor = load<u64>(b);
    let left: u64 = 0;
    for (let k = words * 2; k > 0; k--) {
      left = (left << 32) | <u64>load<u32>(a + ((k - 1) << 2));
      store<u32>(out + ((k - 1) << 2), <u32>(left / divisor));
      left %= divisor;
    }
    store<u64>(rest, left);
    return;
  }
  let above: u64 = 0;
  for (let k: usize = 1; k < words; k++) above |= load<u64>(a + k * 8);
  if (high == 0 && above == 0) {
    store<u64>(out, load<u64>(a) / load<u64>(b));
    store<u64>(rest, load<u64>(a) % load<u64>(b));
    return;
  }
  // Bit by bit, from the highest that is set.
  let bit = <i32>(words * 64) - 1;
  while (bit >= 0 && !((load<u64>(a + (<usize>(bit >> 6) << 3)) >> <u64>(bit & 63)) & 1)) bit--;
  for (; bit >= 0; bit--) {
    const overflow = isNegative(rest, words);
    let carry = (load<u64>(a + (<usize>(bit >> 6) << 3)) >> <u64>(bit & 63)) & 1;
    for (let k: usize = 0; k < words; k++) {
      const x = load<u64>(rest + k * 8);
      store<u64>(rest + k * 8, (x << 1) | carry);
      carry = x >> 63;
    }
    let below = false;
    if (!overflow) {
      for (let k = words; k > 0; k--) {
        const x = load<u64>(rest + (k - 1) * 8);
        const y = load<u64>(b + (k - 1) * 8);
        if (x != y) {
          below = x < y;
          break;
        }
      }
    }
    if (below) continue;
    subtractOne(rest, b, rest, words);
    const at = out + (<usize>(bit >> 6) << 3);
    store<u64>(at, load<u64>(at) | ((<u64>1) << <u64>(bit & 63)));
  }
}

/** Quotient or remainder of one row; the quotient is cut towards zero and the remainder has a's sign. */
function divideOne(a: usize, b: usize, out: usize, words: usize, isSigned: bool, wantsRest: bool): void {
  const left = scratch;
  const right = scratch + 32;
  const quotient = scratch + 64;
  const rest = scratch + 96;
  const aNegative = isSigned && isNegative(a, words);
  const bNegative = isSigned && isNegative(b, words);
  if (aNegative) negateOne(a, left, words);
  else memory.copy(left, a, words * 8);
  if (bNegative) negateOne(b, right, words);
  else memory.copy(right, b, words * 8);
  divideWords(left, right, quotient, rest, words);
  const result = wantsRest ? rest : quotient;
  if (wantsRest ? aNegative : aNegative != bNegative) negateOne(result, out, words);
  else memory.copy(out, result, words * 8);
}

const ADD = 0;
const SUBTRACT = 1;
const MULTIPLY = 2;

// @ts-ignore: decorator
@inline
function arithmeticWide(op: i32, words: usize, stepB: usize, a: usize, b: usize, out: usize, rows: i32): void {
  for (const end = out + <usize>rows * words * 8; out < end; out += words * 8, a += words * 8, b += stepB) {
    if (op == ADD) addOne(a, b, out, words);
    else if (op == SUBTRACT) subtractOne(a, b, out, words);
    else multiplyOne(a, b, out, words);
  }
}

/** out = a + b, row by row. */
export function addI128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(ADD, 2, 16, a, b, out, rows); }
export function addU128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(ADD, 2, 16, a, b, out, rows); }
export function addI256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(ADD, 4, 32, a, b, out, rows); }
export function addU256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(ADD, 4, 32, a, b, out, rows); }
/** out = a + b, b being one value for all rows. */
export function addConstI128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(ADD, 2, 0, a, b, out, rows); }
export function addConstU128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(ADD, 2, 0, a, b, out, rows); }
export function addConstI256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(ADD, 4, 0, a, b, out, rows); }
export function addConstU256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(ADD, 4, 0, a, b, out, rows); }
/** out = a - b, row by row. */
export function subtractI128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(SUBTRACT, 2, 16, a, b, out, rows); }
export function subtractU128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(SUBTRACT, 2, 16, a, b, out, rows); }
export function subtractI256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(SUBTRACT, 4, 32, a, b, out, rows); }
export function subtractU256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(SUBTRACT, 4, 32, a, b, out, rows); }
/** out = a - b, b being one value for all rows. */
export function subtractConstI128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(SUBTRACT, 2, 0, a, b, out, rows); }
export function subtractConstU128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(SUBTRACT, 2, 0, a, b, out, rows); }
export function subtractConstI256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(SUBTRACT, 4, 0, a, b, out, rows); }
export function subtractConstU256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(SUBTRACT, 4, 0, a, b, out, rows); }
/** out = a * b, row by row. */
export function multiplyI128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(MULTIPLY, 2, 16, a, b, out, rows); }
export function multiplyU128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(MULTIPLY, 2, 16, a, b, out, rows); }
export function multiplyI256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(MULTIPLY, 4, 32, a, b, out, rows); }
export function multiplyU256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(MULTIPLY, 4, 32, a, b, out, rows); }
/** out = a * b, b being one value for all rows. */
export function multiplyConstI128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(MULTIPLY, 2, 0, a, b, out, rows); }
export function multiplyConstU128(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(MULTIPLY, 2, 0, a, b, out, rows); }
export function multiplyConstI256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(MULTIPLY, 4, 0, a, b, out, rows); }
export function multiplyConstU256(a: usize, b: usize, out: usize, rows: i32): void { arithmeticWide(MULTIPLY, 4, 0, a, b, out, rows); }

/** 0, or 1 where a divisor is zero. */
function divideWide(words: usize, isSigned: bool, wantsRest: bool, stepB: usize, a: usize, b: usize, out: usize, rows: i32): i32 {
  for (const end = out + <usize>rows * words * 8; out < end; out += words * 8, a += words * 8, b += stepB) {
    if (isZero(b, words)) return 1;
    divideOne(a, b, out, words, isSigned, wantsRest);
  }
  return 0;
}

/** out = a / b, cut off towards zero. Returns 0, or 1 where a divisor is zero. */
export function intDivI128(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(2, true, false, 16, a, b, out, rows); }
export function intDivU128(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(2, false, false, 16, a, b, out, rows); }
export function intDivI256(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(4, true, false, 32, a, b, out, rows); }
export function intDivU256(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(4, false, false, 32, a, b, out, rows); }
/** out = a / b, cut off towards zero; b is one value for all rows. Returns 0, or 1 where a divisor is zero. */
export function intDivConstI128(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(2, true, false, 0, a, b, out, rows); }
export function intDivConstU128(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(2, false, false, 0, a, b, out, rows); }
export function intDivConstI256(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(4, true, false, 0, a, b, out, rows); }
export function intDivConstU256(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(4, false, false, 0, a, b, out, rows); }
/** out = the remainder of a / b, with the sign of a. Returns 0, or 1 where a divisor is zero. */
export function moduloI128(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(2, true, true, 16, a, b, out, rows); }
export function moduloU128(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(2, false, true, 16, a, b, out, rows); }
export function moduloI256(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(4, true, true, 32, a, b, out, rows); }
export function moduloU256(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(4, false, true, 32, a, b, out, rows); }
/** out = the remainder of a / b, with the sign of a; b is one value for all rows. Returns 0, or 1 where a divisor is zero. */
export function moduloConstI128(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(2, true, true, 0, a, b, out, rows); }
export function moduloConstU128(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(2, false, true, 0, a, b, out, rows); }
export function moduloConstI256(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(4, true, true, 0, a, b, out, rows); }
export function moduloConstU256(a: usize, b: usize, out: usize, rows: i32): i32 { return divideWide(4, false, true, 0, a, b, out, rows); }

function divideOrZeroWide(words: usize, isSigned: bool, wantsRest: bool, a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = row * words * 8;
    const lost = isZero(b + at, words);
    if (lost) memory.fill(out + at, 0, words * 8);
    else divideOne(a + at, b + at, out + at, words, isSigned, wantsRest);
    if (undefinedRows != 0) store<u8>(undefinedRows + row, <u8>lost);
  }
}

/** out = a / b, cut off; 0 where b is zero, and there undefinedRows (u8[rows], or address 0 for none) gets 1. */
export function intDivOrZeroI128(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZeroWide(2, true, false, a, b, out, undefinedRows, rows); }
export function intDivOrZeroU128(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZeroWide(2, false, false, a, b, out, undefinedRows, rows); }
export function intDivOrZeroI256(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZeroWide(4, true, false, a, b, out, undefinedRows, rows); }
export function intDivOrZeroU256(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZeroWide(4, false, false, a, b, out, undefinedRows, rows); }
/** out = the remainder of a / b; 0 where b is zero, and there undefinedRows (u8[rows], or address 0 for none) gets 1. */
export function moduloOrZeroI128(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZeroWide(2, true, true, a, b, out, undefinedRows, rows); }
export function moduloOrZeroU128(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZeroWide(2, false, true, a, b, out, undefinedRows, rows); }
export function moduloOrZeroI256(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZeroWide(4, true, true, a, b, out, undefinedRows, rows); }
export function moduloOrZeroU256(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZeroWide(4, false, true, a, b, out, undefinedRows, rows); }

// @ts-ignore: decorator
@inline
function negateWide(words: usize, a: usize, out: usize, rows: i32): void {
  for (const end = out + <usize>rows * words * 8; out < end; out += words * 8, a += words * 8) negateOne(a, out, words);
}

/** out = -a, wrapping. */
export function negateI128(a: usize, out: usize, rows: i32): void { negateWide(2, a, out, rows); }
export function negateI256(a: usize, out: usize, rows: i32): void { negateWide(4, a, out, rows); }

// @ts-ignore: decorator
@inline
function absWide(words: usize, a: usize, out: usize, rows: i32): void {
  for (const end = out + <usize>rows * words * 8; out < end; out += words * 8, a += words * 8) {
    if (isNegative(a, words)) negateOne(a, out, words);
    else memory.copy(out, a, words * 8);
  }
}

/** out = |a|. */
export function absI128(a: usize, out: usize, rows: i32): void { absWide(2, a, out, rows); }
export function absI256(a: usize, out: usize, rows: i32): void { absWide(4, a, out, rows); }

// The checked kernels return 1 where a result did not fit (out is unfinished then), else 0. For decimals.

// @ts-ignore: decorator
@inline
function checkedOne<T>(op: i32, x: T, y: T, out: usize): bool {
  if (op == ADD) {
    const sum = x + y;
    store<T>(out, sum);
    return ((x ^ sum) & (y ^ sum)) < 0;
  }
  if (op == SUBTRACT) {
    const difference = x - y;
    store<T>(out, difference);
    return ((x ^ y) & (x ^ difference)) < 0;
  }
  if (sizeof<T>() == 4) {
    const product = <i64>x * <i64>y;
    store<i32>(out, <i32>product);
    return <i64><i32>product != product;
  }
  const product = <i64>x * <i64>y;
  store<i64>(out, product);
  if (<i64><i32>x == <i64>x && <i64><i32>y == <i64>y) return false;
  if (<i64>x == -1) return <i64>y == i64.MIN_VALUE;
  return x != 0 && product / <i64>x != <i64>y;
}

// @ts-ignore: decorator
@inline
function checkedWideOne(op: i32, a: usize, b: usize, out: usize, words: usize): bool {
  const aNegative = isNegative(a, words);
  const bNegative = isNegative(b, words);
  if (op == ADD) {
    addOne(a, b, out, words);
    return aNegative == bNegative && isNegative(out, words) != aNegative;
  }
  if (op == SUBTRACT) {
    subtractOne(a, b, out, words);
    return aNegative != bNegative && isNegative(out, words) != aNegative;
  }
  const left = scratch + 64;
  const right = scratch + 96;
  if (aNegative) negateOne(a, left, words);
  else memory.copy(left, a, words * 8);
  if (bNegative) negateOne(b, right, words);
  else memory.copy(right, b, words * 8);
  multiplyLimbs(left, right, words * 2, scratch, words * 4);
  const high = !isZero(scratch + words * 8, words);
  if (aNegative != bNegative) {
    negateOne(scratch, out, words);
    return high || !(isNegative(out, words) || isZero(out, words));
  }
  memory.copy(out, scratch, words * 8);
  return high || isNegative(out, words);
}

// Loads are taken before anything is stored, but the wide ones read b again: out may be a, and b only where both are rows.
// @ts-ignore: decorator
@inline
function checked<T>(op: i32, isConst: bool, a: usize, b: usize, out: usize, rows: i32): i32 {
  for (const end = out + <usize>rows * sizeof<T>(); out < end; out += sizeof<T>(), a += sizeof<T>()) {
    if (checkedOne<T>(op, load<T>(a), load<T>(b), out)) return 1;
    if (!isConst) b += sizeof<T>();
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function checkedWide(op: i32, words: usize, stepB: usize, a: usize, b: usize, out: usize, rows: i32): i32 {
  for (const end = out + <usize>rows * words * 8; out < end; out += words * 8, a += words * 8, b += stepB) {
    if (checkedWideOne(op, a, b, out, words)) return 1;
  }
  return 0;
}

/** out = a + b. Returns 1 if a result did not fit, else 0. */
export function addCheckedI32(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i32>(ADD, false, a, b, out, rows); }
export function addCheckedI64(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i64>(ADD, false, a, b, out, rows); }
export function addCheckedI128(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(ADD, 2, 16, a, b, out, rows); }
export function addCheckedI256(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(ADD, 4, 32, a, b, out, rows); }
/** out = a + b, b being one value for all rows. Returns 1 if a result did not fit, else 0. */
export function addCheckedConstI32(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i32>(ADD, true, a, b, out, rows); }
export function addCheckedConstI64(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i64>(ADD, true, a, b, out, rows); }
export function addCheckedConstI128(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(ADD, 2, 0, a, b, out, rows); }
export function addCheckedConstI256(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(ADD, 4, 0, a, b, out, rows); }
/** out = a - b. Returns 1 if a result did not fit, else 0. */
export function subtractCheckedI32(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i32>(SUBTRACT, false, a, b, out, rows); }
export function subtractCheckedI64(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i64>(SUBTRACT, false, a, b, out, rows); }
export function subtractCheckedI128(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(SUBTRACT, 2, 16, a, b, out, rows); }
export function subtractCheckedI256(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(SUBTRACT, 4, 32, a, b, out, rows); }
/** out = a - b, b being one value for all rows. Returns 1 if a result did not fit, else 0. */
export function subtractCheckedConstI32(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i32>(SUBTRACT, true, a, b, out, rows); }
export function subtractCheckedConstI64(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i64>(SUBTRACT, true, a, b, out, rows); }
export function subtractCheckedConstI128(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(SUBTRACT, 2, 0, a, b, out, rows); }
export function subtractCheckedConstI256(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(SUBTRACT, 4, 0, a, b, out, rows); }
/** out = a * b. Returns 1 if a result did not fit, else 0. */
export function multiplyCheckedI32(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i32>(MULTIPLY, false, a, b, out, rows); }
export function multiplyCheckedI64(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i64>(MULTIPLY, false, a, b, out, rows); }
export function multiplyCheckedI128(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(MULTIPLY, 2, 16, a, b, out, rows); }
export function multiplyCheckedI256(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(MULTIPLY, 4, 32, a, b, out, rows); }
/** out = a * b, b being one value for all rows. Returns 1 if a result did not fit, else 0. */
export function multiplyCheckedConstI32(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i32>(MULTIPLY, true, a, b, out, rows); }
export function multiplyCheckedConstI64(a: usize, b: usize, out: usize, rows: i32): i32 { return checked<i64>(MULTIPLY, true, a, b, out, rows); }
export function multiplyCheckedConstI128(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(MULTIPLY, 2, 0, a, b, out, rows); }
export function multiplyCheckedConstI256(a: usize, b: usize, out: usize, rows: i32): i32 { return checkedWide(MULTIPLY, 4, 0, a, b, out, rows); }

/** Integers of one width in bytes to another: cut off, or filled up with the sign (zeros for unsigned ones). out is not the values. */
export function resizeIntegers(values: usize, fromWidth: i32, isSigned: i32, out: usize, toWidth: i32, rows: i32): void {
  const shared = <usize>min(fromWidth, toWidth);
  for (const end = out + <usize>rows * <usize>toWidth; out < end; out += <usize>toWidth, values += <usize>fromWidth) {
    memory.copy(out, values, shared);
    if (toWidth > fromWidth) {
      const sign = isSigned && load<i8>(values + <usize>fromWidth - 1) < 0 ? 255 : 0;
      memory.fill(out + <usize>fromWidth, <u8>sign, <usize>(toWidth - fromWidth));
    }
  }
}

/** Integers of words * 64 bits to F64, rounded once a word. */
export function castWideF64(values: usize, words: i32, isSigned: i32, out: usize, rows: i32): void {
  const size = <usize>words << 3;
  for (const end = out + (<usize>rows << 3); out < end; out += 8, values += size) {
    const negative = isSigned && isNegative(values, <usize>words);
    let from = values;
    if (negative) {
      negateOne(values, scratch, <usize>words);
      from = scratch;
    }
    let result: f64 = 0;
    for (let k = words - 1; k >= 0; k--) result = result * 18446744073709551616.0 + <f64>load<u64>(from + (<usize>k << 3));
    store<f64>(out, negative ? -result : result);
  }
}

/** F64 to integers of words * 64 bits, the fraction cut off. What is too large, infinite or NaN gives a value without meaning. */
export function castF64Wide(values: usize, out: usize, words: i32, rows: i32): void {
  const size = <usize>words << 3;
  for (const end = values + (<usize>rows << 3); values < end; values += 8, out += size) {
    const bits = load<u64>(values);
    const exponent = <i32>((bits >> 52) & 2047) - 1075; // of the 53-bit whole number below
    const digits = (bits & 0x000fffffffffffff) | 0x0010000000000000;
    memory.fill(out, 0, size);
    if (exponent < -52) continue;
    if (exponent <= 0) store<u64>(out, digits >> <u64>-exponent);
    else {
      const word = exponent >> 6;
      const shift = <u64>(exponent & 63);
      if (word < words) store<u64>(out + (<usize>word << 3), digits << shift);
      if (shift > 11 && word + 1 < words) store<u64>(out + (<usize>(word + 1) << 3), digits >> (64 - shift));
    }
    if (<i64>bits < 0) negateOne(out, out, <usize>words);
  }
}
