import { Memory } from '../../runtime/core/memory.ts'
import { coreModule } from '../harness.ts'

/** What dead processes have left behind in a memory before another one stands in its place. */
const leftMax = 96 << 20

const memories: Memory[] = []

/**
 * The core of a process's thread: 0 is the control thread. Starting one takes longer than most of a seed, so those that live after each
 * other share one; what a dead one had taken is lost, and nothing depends on where anything lies.
 */
export function takeMemory(thread: number): Memory {
  const memory = memories[thread]
  if (memory && memory.bytesTaken < leftMax) return memory
  memories[thread] = new Memory(coreModule(), { growPages: 256 })
  return memories[thread]
}
