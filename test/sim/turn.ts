// Workers say that they are Node; their ticks are microtasks.
const isWorkerd = globalThis.navigator?.userAgent === 'Cloudflare-Workers'
const isNode = !process.versions['bun'] && !process.versions['deno'] && !isWorkerd

/** Every so many events the runtime itself gets a turn, for its garbage and its signals. */
const roundsBetweenTurns = 4096

/**
 * Calls when every promise that can settle has settled. In Node a tick that is asked for by the last of the microtasks runs when all
 * of them have run, which is much cheaper than a turn of the event loop.
 */
export function turn(call: () => void, count: number): void {
  if (!isNode || count % roundsBetweenTurns === 0) setImmediate(call)
  else queueMicrotask(() => process.nextTick(call))
}
