// Casts between numbers: integers wrap to the width of the result, fractions are cut off, and a float beyond 64-bit integers gives the
// smallest one, as the processor's own conversion does.
//
// Shapes: values: From[rows]; out: To[rows], which may be the values only where To is not wider. Widening, and conversions between floats,
// go by 16 bytes of the result: up to 63 bytes are read and written past the rows.

// @ts-ignore: decorator
@inline
function one<From, To>(value: From): To {
  if (isFloat<From>() && isInteger<To>()) {
    const wide = <f64>value;
    if (sizeof<To>() == 8 && !isSigned<To>()) {
      // Beyond what a signed number holds, the upper half is converted apart.
      if (wide >= 9223372036854775808.0) return <To>(<u64>toI64(wide - 9223372036854775808.0) | 0x8000000000000000);
    }
    if (sizeof<To>() == 4 && isSigned<To>()) {
      // NaN and what 32 bits do not hold give the smallest number.
      return <To>(wide > -2147483649.0 && wide < 2147483648.0 ? <i32>wide : i32.MIN_VALUE);
    }
    if (sizeof<To>() < 4) return <To>(wide > -2147483649.0 && wide < 2147483648.0 ? <i32>wide : i32.MIN_VALUE);
    return <To>toI64(wide);
  } else {
    return <To>value;
  }
}

// @ts-ignore: decorator
@inline
function toI64(value: f64): i64 {
  return value >= -9223372036854775808.0 && value < 9223372036854775808.0 ? <i64>value : i64.MIN_VALUE;
}

/** Whether no value is NaN or infinite. Reads nothing past the rows. */
export function finiteF64(values: usize, rows: i32): bool {
  for (const end = values + (<usize>rows << 3); values < end; values += 8) {
    if ((load<u64>(values) & 0x7ff0000000000000) == 0x7ff0000000000000) return false;
  }
  return true;
}

export function finiteF32(values: usize, rows: i32): bool {
  for (const end = values + (<usize>rows << 2); values < end; values += 4) {
    if ((load<u32>(values) & 0x7f800000) == 0x7f800000) return false;
  }
  return true;
}

/** One value at a time. */
// @ts-ignore: decorator
@inline
function castEach<From, To>(values: usize, out: usize, rows: i32): void {
  const end = out + <usize>rows * sizeof<To>();
  while (out < end) {
    store<To>(out, one<From, To>(load<From>(values)));
    values += sizeof<From>();
    out += sizeof<To>();
  }
}

/** 8 bytes of From widened to 16 of the double width. */
// @ts-ignore: decorator
@inline
function widenLow<From>(x: v128): v128 {
  if (isSigned<From>()) {
    if (sizeof<From>() == 1) return i16x8.extend_low_i8x16_s(x);
    if (sizeof<From>() == 2) return i32x4.extend_low_i16x8_s(x);
    return i64x2.extend_low_i32x4_s(x);
  }
  if (sizeof<From>() == 1) return i16x8.extend_low_i8x16_u(x);
  if (sizeof<From>() == 2) return i32x4.extend_low_i16x8_u(x);
  return i64x2.extend_low_i32x4_u(x);
}

/** 16 / sizeof(To) values of From, in the low bytes of a vector, to To. From: an integer narrower than To. */
// @ts-ignore: decorator
@inline
function widen<From, To>(x: v128): v128 {
  if (sizeof<To>() == 2 * sizeof<From>()) return widenLow<From>(x);
  if (sizeof<From>() == 1) {
    const two = widenLow<From>(x);
    const four = isSigned<From>() ? i32x4.extend_low_i16x8_s(two) : i32x4.extend_low_i16x8_u(two);
    if (sizeof<To>() == 4) return four;
    return isSigned<From>() ? i64x2.extend_low_i32x4_s(four) : i64x2.extend_low_i32x4_u(four);
  }
  // From 2 to 8 bytes.
  const four = widenLow<From>(x);
  return isSigned<From>() ? i64x2.extend_low_i32x4_s(four) : i64x2.extend_low_i32x4_u(four);
}

/** To, an integer, is wider than From, an integer. */
// @ts-ignore: decorator
@inline
function castWiden<From, To>(values: usize, out: usize, rows: i32): void {
  const end = out + <usize>rows * sizeof<To>();
  while (out < end) {
    v128.store(out, widen<From, To>(v128.load(values)));
    values += (16 / sizeof<To>()) * sizeof<From>();
    out += 16;
  }
}

/** Integers of up to 32 bits to F64, two at a time. */
// @ts-ignore: decorator
@inline
function castToF64<From>(values: usize, out: usize, rows: i32): void {
  const end = out + (<usize>rows << 3);
  while (out < end) {
    let four = v128.load(values);
    if (sizeof<From>() == 1) four = widen<From, i32>(four);
    if (sizeof<From>() == 2) four = widenLow<From>(four);
    if (isSigned<From>()) v128.store(out, f64x2.convert_low_i32x4_s(four));
    else v128.store(out, f64x2.convert_low_i32x4_u(four));
    values += 2 * sizeof<From>();
    out += 16;
  }
}

/** 64-bit integers to 32-bit ones: the low halves. */
// @ts-ignore: decorator
@inline
function cast64To32(values: usize, out: usize, rows: i32): void {
  const end = out + (<usize>rows << 2);
  const vectorEnd = out + (<usize>(rows & ~3) << 2);
  while (out < vectorEnd) {
    v128.store(out, v128.shuffle<i32>(v128.load(values), v128.load(values, 16), 0, 2, 4, 6));
    values += 32;
    out += 16;
  }
  while (out < end) {
    store<u32>(out, load<u32>(values));
    values += 8;
    out += 4;
  }
}

// @ts-ignore: decorator
@inline
function cast<From, To>(values: usize, out: usize, rows: i32): void {
  if (isInteger<From>() && isInteger<To>() && sizeof<To>() > sizeof<From>()) castWiden<From, To>(values, out, rows);
  else if (isInteger<From>() && isInteger<To>() && sizeof<To>() == sizeof<From>()) memory.copy(out, values, <usize>rows * sizeof<To>());
  else if (isInteger<From>() && isInteger<To>() && sizeof<From>() == 8 && sizeof<To>() == 4) cast64To32(values, out, rows);
  else if (isInteger<From>() && sizeof<From>() <= 4 && isFloat<To>() && sizeof<To>() == 8) castToF64<From>(values, out, rows);
  else castEach<From, To>(values, out, rows);
}

/** out = the values in another type: the first type in the name is theirs, the second one that of out. */
export function castI8I16(values: usize, out: usize, rows: i32): void { cast<i8, i16>(values, out, rows); }
export function castI8I32(values: usize, out: usize, rows: i32): void { cast<i8, i32>(values, out, rows); }
export function castI8I64(values: usize, out: usize, rows: i32): void { cast<i8, i64>(values, out, rows); }
export function castI8U8(values: usize, out: usize, rows: i32): void { cast<i8, u8>(values, out, rows); }
export function castI8U16(values: usize, out: usize, rows: i32): void { cast<i8, u16>(values, out, rows); }
export function castI8U32(values: usize, out: usize, rows: i32): void { cast<i8, u32>(values, out, rows); }
export function castI8U64(values: usize, out: usize, rows: i32): void { cast<i8, u64>(values, out, rows); }
export function castI8F32(values: usize, out: usize, rows: i32): void { cast<i8, f32>(values, out, rows); }
export function castI8F64(values: usize, out: usize, rows: i32): void { cast<i8, f64>(values, out, rows); }

export function castI16I8(values: usize, out: usize, rows: i32): void { cast<i16, i8>(values, out, rows); }
export function castI16I32(values: usize, out: usize, rows: i32): void { cast<i16, i32>(values, out, rows); }
export function castI16I64(values: usize, out: usize, rows: i32): void { cast<i16, i64>(values, out, rows); }
export function castI16U8(values: usize, out: usize, rows: i32): void { cast<i16, u8>(values, out, rows); }
export function castI16U16(values: usize, out: usize, rows: i32): void { cast<i16, u16>(values, out, rows); }
export function castI16U32(values: usize, out: usize, rows: i32): void { cast<i16, u32>(values, out, rows); }
export function castI16U64(values: usize, out: usize, rows: i32): void { cast<i16, u64>(values, out, rows); }
export function castI16F32(values: usize, out: usize, rows: i32): void { cast<i16, f32>(values, out, rows); }
export function castI16F64(values: usize, out: usize, rows: i32): void { cast<i16, f64>(values, out, rows); }

export function castI32I8(values: usize, out: usize, rows: i32): void { cast<i32, i8>(values, out, rows); }
export function castI32I16(values: usize, out: usize, rows: i32): void { cast<i32, i16>(values, out, rows); }
export function castI32I64(values: usize, out: usize, rows: i32): void { cast<i32, i64>(values, out, rows); }
export function castI32U8(values: usize, out: usize, rows: i32): void { cast<i32, u8>(values, out, rows); }
export function castI32U16(values: usize, out: usize, rows: i32): void { cast<i32, u16>(values, out, rows); }
export function castI32U32(values: usize, out: usize, rows: i32): void { cast<i32, u32>(values, out, rows); }
export function castI32U64(values: usize, out: usize, rows: i32): void { cast<i32, u64>(values, out, rows); }
export function castI32F32(values: usize, out: usize, rows: i32): void { cast<i32, f32>(values, out, rows); }
export function castI32F64(values: usize, out: usize, rows: i32): void { cast<i32, f64>(values, out, rows); }

export function castI64I8(values: usize, out: usize, rows: i32): void { cast<i64, i8>(values, out, rows); }
export function castI64I16(values: usize, out: usize, rows: i32): void { cast<i64, i16>(values, out, rows); }
export function castI64I32(values: usize, out: usize, rows: i32): void { cast<i64, i32>(values, out, rows); }
export function castI64U8(values: usize, out: usize, rows: i32): void { cast<i64, u8>(values, out, rows); }
export function castI64U16(values: usize, out: usize, rows: i32): void { cast<i64, u16>(values, out, rows); }
export function castI64U32(values: usize, out: usize, rows: i32): void { cast<i64, u32>(values, out, rows); }
export function castI64U64(values: usize, out: usize, rows: i32): void { cast<i64, u64>(values, out, rows); }
export function castI64F32(values: usize, out: usize, rows: i32): void { cast<i64, f32>(values, out, rows); }
export function castI64F64(values: usize, out: usize, rows: i32): void { cast<i64, f64>(values, out, rows); }

export function castU8I8(values: usize, out: usize, rows: i32): void { cast<u8, i8>(values, out, rows); }
export function castU8I16(values: usize, out: usize, rows: i32): void { cast<u8, i16>(values, out, rows); }
export function castU8I32(values: usize, out: usize, rows: i32): void { cast<u8, i32>(values, out, rows); }
export function castU8I64(values: usize, out: usize, rows: i32): void { cast<u8, i64>(values, out, rows); }
export function castU8U16(values: usize, out: usize, rows: i32): void { cast<u8, u16>(values, out, rows); }
export function castU8U32(values: usize, out: usize, rows: i32): void { cast<u8, u32>(values, out, rows); }
export function castU8U64(values: usize, out: usize, rows: i32): void { cast<u8, u64>(values, out, rows); }
export function castU8F32(values: usize, out: usize, rows: i32): void { cast<u8, f32>(values, out, rows); }
export function castU8F64(values: usize, out: usize, rows: i32): void { cast<u8, f64>(values, out, rows); }

export function castU16I8(values: usize, out: usize, rows: i32): void { cast<u16, i8>(values, out, rows); }
export function castU16I16(values: usize, out: usize, rows: i32): void { cast<u16, i16>(values, out, rows); }
export function castU16I32(values: usize, out: usize, rows: i32): void { cast<u16, i32>(values, out, rows); }
export function castU16I64(values: usize, out: usize, rows: i32): void { cast<u16, i64>(values, out, rows); }
export function castU16U8(values: usize, out: usize, rows: i32): void { cast<u16, u8>(values, out, rows); }
export function castU16U32(values: usize, out: usize, rows: i32): void { cast<u16, u32>(values, out, rows); }
export function castU16U64(values: usize, out: usize, rows: i32): void { cast<u16, u64>(values, out, rows); }
export function castU16F32(values: usize, out: usize, rows: i32): void { cast<u16, f32>(values, out, rows); }
export function castU16F64(values: usize, out: usize, rows: i32): void { cast<u16, f64>(values, out, rows); }

export function castU32I8(values: usize, out: usize, rows: i32): void { cast<u32, i8>(values, out, rows); }
export function castU32I16(values: usize, out: usize, rows: i32): void { cast<u32, i16>(values, out, rows); }
export function castU32I32(values: usize, out: usize, rows: i32): void { cast<u32, i32>(values, out, rows); }
export function castU32I64(values: usize, out: usize, rows: i32): void { cast<u32, i64>(values, out, rows); }
export function castU32U8(values: usize, out: usize, rows: i32): void { cast<u32, u8>(values, out, rows); }
export function castU32U16(values: usize, out: usize, rows: i32): void { cast<u32, u16>(values, out, rows); }
export function castU32U64(values: usize, out: usize, rows: i32): void { cast<u32, u64>(values, out, rows); }
export function castU32F32(values: usize, out: usize, rows: i32): void { cast<u32, f32>(values, out, rows); }
export function castU32F64(values: usize, out: usize, rows: i32): void { cast<u32, f64>(values, out, rows); }

export function castU64I8(values: usize, out: usize, rows: i32): void { cast<u64, i8>(values, out, rows); }
export function castU64I16(values: usize, out: usize, rows: i32): void { cast<u64, i16>(values, out, rows); }
export function castU64I32(values: usize, out: usize, rows: i32): void { cast<u64, i32>(values, out, rows); }
export function castU64I64(values: usize, out: usize, rows: i32): void { cast<u64, i64>(values, out, rows); }
export function castU64U8(values: usize, out: usize, rows: i32): void { cast<u64, u8>(values, out, rows); }
export function castU64U16(values: usize, out: usize, rows: i32): void { cast<u64, u16>(values, out, rows); }
export function castU64U32(values: usize, out: usize, rows: i32): void { cast<u64, u32>(values, out, rows); }
export function castU64F32(values: usize, out: usize, rows: i32): void { cast<u64, f32>(values, out, rows); }
export function castU64F64(values: usize, out: usize, rows: i32): void { cast<u64, f64>(values, out, rows); }

export function castF32I8(values: usize, out: usize, rows: i32): void { cast<f32, i8>(values, out, rows); }
export function castF32I16(values: usize, out: usize, rows: i32): void { cast<f32, i16>(values, out, rows); }
export function castF32I32(values: usize, out: usize, rows: i32): void { cast<f32, i32>(values, out, rows); }
export function castF32I64(values: usize, out: usize, rows: i32): void { cast<f32, i64>(values, out, rows); }
export function castF32U8(values: usize, out: usize, rows: i32): void { cast<f32, u8>(values, out, rows); }
export function castF32U16(values: usize, out: usize, rows: i32): void { cast<f32, u16>(values, out, rows); }
export function castF32U32(values: usize, out: usize, rows: i32): void { cast<f32, u32>(values, out, rows); }
export function castF32U64(values: usize, out: usize, rows: i32): void { cast<f32, u64>(values, out, rows); }
export function castF32F64(values: usize, out: usize, rows: i32): void { cast<f32, f64>(values, out, rows); }

export function castF64I8(values: usize, out: usize, rows: i32): void { cast<f64, i8>(values, out, rows); }
export function castF64I16(values: usize, out: usize, rows: i32): void { cast<f64, i16>(values, out, rows); }
export function castF64I32(values: usize, out: usize, rows: i32): void { cast<f64, i32>(values, out, rows); }
export function castF64I64(values: usize, out: usize, rows: i32): void { cast<f64, i64>(values, out, rows); }
export function castF64U8(values: usize, out: usize, rows: i32): void { cast<f64, u8>(values, out, rows); }
export function castF64U16(values: usize, out: usize, rows: i32): void { cast<f64, u16>(values, out, rows); }
export function castF64U32(values: usize, out: usize, rows: i32): void { cast<f64, u32>(values, out, rows); }
export function castF64U64(values: usize, out: usize, rows: i32): void { cast<f64, u64>(values, out, rows); }
export function castF64F32(values: usize, out: usize, rows: i32): void { cast<f64, f32>(values, out, rows); }
