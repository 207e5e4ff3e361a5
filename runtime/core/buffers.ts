// Buffers outside of the core whose memory is given back when their last holder lets go of them. What is left to the garbage collector
// lies around for long: it hardly sees such memory, and an isolate of 128 MiB has no room for it.

/** How many hold each buffer that is known to be seen by its holders only. */
const holders = new WeakMap<ArrayBufferLike, number>()

/** Whoever made these bytes keeps no view of their buffer. Nobody holds them yet. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  holders.set(bytes.buffer, 0)
  return bytes
}

/** Bytes that stay until they are released as often as they were held. Nothing happens to bytes that are not owned. */
export function holdBytes(bytes: Uint8Array): void {
  const count = holders.get(bytes.buffer)
  if (count !== undefined) holders.set(bytes.buffer, count + 1)
}

/** To be called once for each holdBytes, or never: then the garbage collector sees to them. */
export function releaseBytes({ buffer }: Uint8Array): void {
  const count = holders.get(buffer)
  if (count === undefined) return
  if (count > 1) {
    holders.set(buffer, count - 1)
    return
  }
  holders.delete(buffer)
  // Not all runtimes have it.
  ;(buffer as { transfer?(size: number): void }).transfer?.(0)
}
