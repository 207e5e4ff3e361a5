// Rows of binary values, one after another: RowBinary. A tree of nodes of 32 bytes says what a value is made of:
//   u32 kind | u32 width, or children | u32 first child | u32 a | u32 b | u32 count | u32 bytes | u32 0
//   fixed          a: values, `width` bytes each          array    a: offsets u32, child: elements
//   string         a: offsets u32, b: bytes               tuple    children, one behind the other
//   nullable       a: null map, child: values             indexed  a: indices u32, child: dictionary (writing only)
//   constant       child: its one value (writing only)
// Reading counts first (count: values, bytes: text of strings), so that memory can be had, then fills it; both walk the same way.

const FIXED: u32 = 0;
const STRING: u32 = 1;
const NULLABLE: u32 = 2;
const ARRAY: u32 = 3;
const TUPLE: u32 = 4;
const INDEXED: u32 = 5;
const CONSTANT: u32 = 6;

const NODE: usize = 32;

/** Instead of a position: the value goes on behind the end; it is broken. */
const INCOMPLETE: usize = 0;
const TOO_LARGE: usize = 1;

/** Where readLength leaves the length. */
const lengthAt = memory.data(4, 4);

/** A varint of at most 2^31 - 1 to *lengthAt; gives the position behind it, INCOMPLETE or TOO_LARGE. */
function readLength(pointer: usize, end: usize): usize {
  let value: u64 = 0;
  let shift: u64 = 0;
  while (true) {
    if (pointer >= end) return INCOMPLETE;
    const byte = <u64>load<u8>(pointer++);
    value |= (byte & 127) << shift;
    if (byte < 128) break;
    shift += 7;
    if (shift > 28) return TOO_LARGE;
  }
  if (value > 0x7fffffff) return TOO_LARGE;
  store<u32>(lengthAt, <u32>value);
  return pointer;
}

/** Walks over one value and counts it. */
function count(node: usize, pointer: usize, end: usize): usize {
  const kind = load<u32>(node);
  store<u32>(node, load<u32>(node, 20) + 1, 20);
  if (kind == FIXED) {
    const width = <usize>load<u32>(node, 4);
    return end - pointer < width ? INCOMPLETE : pointer + width;
  }
  if (kind == STRING) {
    pointer = readLength(pointer, end);
    if (pointer <= TOO_LARGE) return pointer;
    const length = load<u32>(lengthAt);
    if (<u32>(end - pointer) < length) return INCOMPLETE;
    store<u32>(node, load<u32>(node, 24) + length, 24);
    return pointer + <usize>length;
  }
  const child = <usize>load<u32>(node, 8);
  if (kind == NULLABLE) {
    if (pointer >= end) return INCOMPLETE;
    if (load<u8>(pointer++) == 0) return count(child, pointer, end);
    countDefault(child);
    return pointer;
  }
  if (kind == ARRAY) {
    pointer = readLength(pointer, end);
    if (pointer <= TOO_LARGE) return pointer;
    const elements = load<u32>(lengthAt);
    // Every element takes a byte at least.
    if (<u32>(end - pointer) < elements) return INCOMPLETE;
    for (let i: u32 = 0; i < elements; i++) {
      pointer = count(child, pointer, end);
      if (pointer <= TOO_LARGE) return pointer;
    }
    return pointer;
  }
  const children = load<u32>(node, 4);
  for (let i: u32 = 0; i < children; i++) {
    pointer = count(child + <usize>i * NODE, pointer, end);
    if (pointer <= TOO_LARGE) return pointer;
  }
  return pointer;
}

function countDefault(node: usize): void {
  const kind = load<u32>(node);
  store<u32>(node, load<u32>(node, 20) + 1, 20);
  if (kind == FIXED || kind == STRING || kind == ARRAY) return;
  const children = kind == TUPLE ? load<u32>(node, 4) : 1;
  for (let i: u32 = 0; i < children; i++) countDefault(<usize>load<u32>(node, 8) + <usize>i * NODE);
}

/**
 * Counts up to maxRows whole rows of `columns` values (nodes at `nodes`, one behind the other, counts zero) in size bytes at source.
 * state, u32[3]: rows | bytes that they take | 1 if a length is past 2^31 - 1. The nodes may count a row more than that, if it broke off.
 */
export function countRowBinary(nodes: usize, columns: i32, source: usize, size: usize, maxRows: i32, state: usize): void {
  const end = source + size;
  let rows = 0;
  let pointer = source;
  let error: u32 = 0;
  while (rows < maxRows && pointer < end) {
    let next = pointer;
    for (let column = 0; column < columns && next > TOO_LARGE; column++) next = count(nodes + <usize>column * NODE, next, end);
    if (next <= TOO_LARGE) {
      error = u32(next == TOO_LARGE);
      break;
    }
    if (next == pointer) break; // rows without bytes never end
    rows++;
    pointer = next;
  }
  store<u32>(state, <u32>rows);
  store<u32>(state, <u32>(pointer - source), 4);
  store<u32>(state, error, 8);
}

function fill(node: usize, pointer: usize, end: usize): usize {
  const kind = load<u32>(node);
  const row = load<u32>(node, 20);
  store<u32>(node, row + 1, 20);
  const a = <usize>load<u32>(node, 12);
  if (kind == FIXED) {
    const width = <usize>load<u32>(node, 4);
    const to = a + <usize>row * width;
    if (width == 8) store<u64>(to, load<u64>(pointer));
    else if (width == 4) store<u32>(to, load<u32>(pointer));
    else if (width == 1) store<u8>(to, load<u8>(pointer));
    else if (width == 2) store<u16>(to, load<u16>(pointer));
    else memory.copy(to, pointer, width);
    return pointer + width;
  }
  if (kind == STRING) {
    pointer = readLength(pointer, end);
    const length = load<u32>(lengthAt);
    const at = load<u32>(node, 24);
    const to = <usize>load<u32>(node, 16) + <usize>at;
    if (length <= 16) v128.store(to, v128.load(pointer));
    else memory.copy(to, pointer, <usize>length);
    store<u32>(a + (<usize>row << 2), at + length, 4);
    store<u32>(node, at + length, 24);
    return pointer + <usize>length;
  }
  const child = <usize>load<u32>(node, 8);
  if (kind == NULLABLE) {
    const isNull = load<u8>(pointer++) != 0;
    store<u8>(a + <usize>row, u8(isNull));
    if (!isNull) return fill(child, pointer, end);
    fillDefault(child);
    return pointer;
  }
  if (kind == ARRAY) {
    pointer = readLength(pointer, end);
    const elements = load<u32>(lengthAt);
    for (let i: u32 = 0; i < elements; i++) pointer = fill(child, pointer, end);
    store<u32>(a + (<usize>row << 2), load<u32>(child, 20), 4);
    return pointer;
  }
  const children = load<u32>(node, 4);
  for (let i: u32 = 0; i < children; i++) pointer = fill(child + <usize>i * NODE, pointer, end);
  return pointer;
}

/** What stands under a NULL: zero bytes, nothing. */
function fillDefault(node: usize): void {
  const kind = load<u32>(node);
  const row = load<u32>(node, 20);
  store<u32>(node, row + 1, 20);
  const a = <usize>load<u32>(node, 12);
  const child = <usize>load<u32>(node, 8);
  if (kind == FIXED) {
    const width = <usize>load<u32>(node, 4);
    memory.fill(a + <usize>row * width, 0, width);
  } else if (kind == STRING) store<u32>(a + (<usize>row << 2), load<u32>(node, 24), 4);
  else if (kind == ARRAY) store<u32>(a + (<usize>row << 2), load<u32>(child, 20), 4);
  else {
    if (kind == NULLABLE) store<u8>(a + <usize>row, 1);
    const children = kind == TUPLE ? load<u32>(node, 4) : 1;
    for (let i: u32 = 0; i < children; i++) fillDefault(child + <usize>i * NODE);
  }
}

/**
 * Reads `rows` rows that countRowBinary has counted. The nodes' counts are zero again, their memory has room for what was counted
 * (bytes of strings: with 16 bytes of slack), and offsets[0] is 0.
 */
export function readRowBinary(nodes: usize, columns: i32, source: usize, size: usize, rows: i32): void {
  const end = source + size;
  let pointer = source;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) pointer = fill(nodes + <usize>column * NODE, pointer, end);
  }
}

// @ts-ignore: decorator
@inline
function lengthSize(length: u32): u32 {
  return length < 128 ? 1 : length < 16384 ? 2 : length < 2097152 ? 3 : length < 268435456 ? 4 : 5;
}

function sizeOf(node: usize, row: u32): u64 {
  const kind = load<u32>(node);
  if (kind == FIXED) return <u64>load<u32>(node, 4);
  const a = <usize>load<u32>(node, 12);
  const child = <usize>load<u32>(node, 8);
  if (kind == CONSTANT) return sizeOf(child, 0);
  if (kind == STRING) {
    const at = a + (<usize>row << 2);
    const length = load<u32>(at, 4) - load<u32>(at);
    return <u64>length + lengthSize(length);
  }
  if (kind == NULLABLE) return load<u8>(a + <usize>row) != 0 ? 1 : 1 + sizeOf(child, row);
  if (kind == INDEXED) return sizeOf(child, load<u32>(a + (<usize>row << 2)));
  let size: u64 = 0;
  if (kind == ARRAY) {
    const at = a + (<usize>row << 2);
    const start = load<u32>(at);
    const end = load<u32>(at, 4);
    size = lengthSize(end - start);
    for (let element = start; element < end; element++) size += sizeOf(child, element);
    return size;
  }
  const children = load<u32>(node, 4);
  for (let i: u32 = 0; i < children; i++) size += sizeOf(child + <usize>i * NODE, row);
  return size;
}

/** Bytes that rows [start, end) take as RowBinary. */
export function sizeRowBinary(nodes: usize, columns: i32, start: i32, end: i32): f64 {
  let size: u64 = 0;
  for (let row = start; row < end; row++) {
    for (let column = 0; column < columns; column++) size += sizeOf(nodes + <usize>column * NODE, <u32>row);
  }
  return <f64>size;
}

// @ts-ignore: decorator
@inline
function writeLength(length: u32, out: usize): usize {
  while (length >= 128) {
    store<u8>(out++, <u8>(length | 128));
    length >>= 7;
  }
  store<u8>(out++, <u8>length);
  return out;
}

function write(node: usize, row: u32, out: usize): usize {
  const kind = load<u32>(node);
  const a = <usize>load<u32>(node, 12);
  if (kind == FIXED) {
    const width = <usize>load<u32>(node, 4);
    const from = a + <usize>row * width;
    if (width == 8) store<u64>(out, load<u64>(from));
    else if (width == 4) store<u32>(out, load<u32>(from));
    else if (width == 1) store<u8>(out, load<u8>(from));
    else if (width == 2) store<u16>(out, load<u16>(from));
    else memory.copy(out, from, width);
    return out + width;
  }
  const child = <usize>load<u32>(node, 8);
  if (kind == CONSTANT) return write(child, 0, out);
  if (kind == STRING) {
    const at = a + (<usize>row << 2);
    const start = load<u32>(at);
    const length = load<u32>(at, 4) - start;
    out = writeLength(length, out);
    const from = <usize>load<u32>(node, 16) + <usize>start;
    memory.copy(out, from, <usize>length);
    return out + <usize>length;
  }
  if (kind == NULLABLE) {
    const isNull = load<u8>(a + <usize>row);
    store<u8>(out++, isNull);
    return isNull != 0 ? out : write(child, row, out);
  }
  if (kind == INDEXED) return write(child, load<u32>(a + (<usize>row << 2)), out);
  if (kind == ARRAY) {
    const at = a + (<usize>row << 2);
    const start = load<u32>(at);
    const end = load<u32>(at, 4);
    out = writeLength(end - start, out);
    for (let element = start; element < end; element++) out = write(child, element, out);
    return out;
  }
  const children = load<u32>(node, 4);
  for (let i: u32 = 0; i < children; i++) out = write(child + <usize>i * NODE, row, out);
  return out;
}

/** Writes rows [start, end): sizeRowBinary of them. Returns the bytes written. */
export function writeRowBinary(nodes: usize, columns: i32, start: i32, end: i32, out: usize): i32 {
  const first = out;
  for (let row = start; row < end; row++) {
    for (let column = 0; column < columns; column++) out = write(nodes + <usize>column * NODE, <u32>row, out);
  }
  return <i32>(out - first);
}
