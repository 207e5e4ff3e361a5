// The ABI: everything that leaves the module is named here, one line a file.
export { heapCreate, heapPagesTaken, heapTake, heapGive } from "./memory/heap";
export {
  budgetInit, budgetUsed, budgetPeak, arenaInit, arenaAllocate, arenaFree, arenaGrow, arenaReset, arenaDestroy,
} from "./memory/arena";
export {
  maskToIndices, gather1, gather2, gather4, gather8, gatherBytes, gatherOffsets, gatherStrings, gatherElements, fillBytes, fillRange, rebaseOffsets, markNoRow, addToU32, orMasks,
} from "./columns/select";
