// Where kernels put bytes when their number is not known before: a buffer in an arena that doubles.

import { arenaGrow } from "../memory/arena";

/** 16 bytes, the caller's; bytes, capacity and size start as 0. */
@unmanaged
export class Sink {
  arena: u32;
  bytes: u32;
  capacity: u32;
  size: u32;
}

/** Room for extra bytes and 64 more behind the sink's end; false when memory has run out. */
// @ts-ignore: decorator
@inline
export function reserve(sink: Sink, extra: usize): bool {
  return <usize>sink.size + extra <= <usize>sink.capacity || growSink(sink, extra);
}

function growSink(sink: Sink, extra: usize): bool {
  if (extra > 0x7f000000) return false;
  const needed = <usize>sink.size + extra;
  const capacity = max<usize>(needed, min<usize>(<usize>sink.capacity * 2, 0x60000000));
  const bytes = arenaGrow(sink.arena, sink.bytes, sink.size, max<usize>(capacity, 1024));
  if (bytes == 0) return false;
  sink.bytes = <u32>bytes;
  sink.capacity = <u32>max<usize>(capacity, 1024);
  return true;
}

/** Copies size bytes, sixteen at a time: up to 15 bytes behind both are read and written. */
// @ts-ignore: decorator
@inline
export function copyLoose(target: usize, source: usize, size: usize): void {
  if (size > 256) {
    memory.copy(target, source, size);
    return;
  }
  const end = target + size;
  while (target < end) {
    v128.store(target, v128.load(source));
    target += 16;
    source += 16;
  }
}

/** Appends size bytes; false when memory has run out. */
// @ts-ignore: decorator
@inline
export function append(sink: Sink, source: usize, size: usize): bool {
  if (!reserve(sink, size)) return false;
  copyLoose(<usize>(sink.bytes + sink.size), source, size);
  sink.size += <u32>size;
  return true;
}

/** Appends a u32; false when memory has run out. */
// @ts-ignore: decorator
@inline
export function appendU32(sink: Sink, value: u32): bool {
  if (!reserve(sink, 4)) return false;
  store<u32>(<usize>(sink.bytes + sink.size), value);
  sink.size += 4;
  return true;
}
