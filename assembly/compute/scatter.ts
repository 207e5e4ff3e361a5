// Putting rows where they belong: out[indices[i]] = values[i]. indices: u32[rows]. Where no width fits, N takes any.

// @ts-ignore: decorator
@inline
function scatter<T>(values: usize, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, values += sizeof<T>()) {
    store<T>(out + (<usize>load<u32>(indices) << alignof<T>()), load<T>(values));
  }
}

/** out[indices[i]] = values[i], for values of 1, 2, 4, 8 or 16 bytes as the name says. */
export function scatter1(values: usize, indices: usize, out: usize, rows: i32): void { scatter<u8>(values, indices, out, rows); }
export function scatter2(values: usize, indices: usize, out: usize, rows: i32): void { scatter<u16>(values, indices, out, rows); }
export function scatter4(values: usize, indices: usize, out: usize, rows: i32): void { scatter<u32>(values, indices, out, rows); }
export function scatter8(values: usize, indices: usize, out: usize, rows: i32): void { scatter<u64>(values, indices, out, rows); }

export function scatter16(values: usize, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, values += 16) {
    v128.store(out + (<usize>load<u32>(indices) << 4), v128.load(values));
  }
}

/** The same for values of width bytes. */
export function scatterN(values: usize, width: i32, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, values += <usize>width) {
    memory.copy(out + <usize>load<u32>(indices) * <usize>width, values, <usize>width);
  }
}

/** A mask of the row numbers that name no row (0xffffffff). */
export function nowhereMask(indices: usize, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) store<u8>(out + row, <u8>(load<u32>(indices + (row << 2)) == 0xffffffff));
}
