import type { Clock } from '../../runtime/platform.ts'

export const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, Math.min(ms, 0x7fffffff))
    timer.unref?.()
    return () => clearTimeout(timer)
  },
  wait: ms => new Promise(resolve => setTimeout(resolve, ms)),
  yield: () => new Promise(resolve => setImmediate(resolve)),
}
