// The ABI: everything that leaves the module is named here, one line a file.
export { heapCreate, heapPagesTaken, heapTake, heapGive } from "./memory/heap";
export {
  budgetInit, budgetUsed, budgetPeak, arenaInit, arenaAllocate, arenaFree, arenaGrow, arenaReset, arenaDestroy,
} from "./memory/arena";
export {
  gather1, gather2, gather4, gather8, gather16, gatherBytes, gatherOffsets, gatherStrings, gatherElements, fillBytes, fillRange, rebaseOffsets, markNoRow, addToU32, orMasks,
} from "./columns/select";
export { lz4CompressBound, lz4Compress, lz4Decompress } from "./codecs/lz4";
export {
  cityHash64, cityHash128, cityHash128WithSeed, cityHash64Strings, cityHash64Fixed, chainedHashBytes, chainedHashStart,
  chainedHash, chainedHashFinish,
} from "./hashes/city";
export {
  sipHash64, sipHash128, sipHash64Keyed, sipHash128Keyed, sipHash64Strings, sipHash64Fixed, sipHash128Strings, sipHash128Fixed,
  sipHashCombine64,
} from "./hashes/sip";
export {
  intHash64U8, intHash64U16, intHash64U32, intHash64U64, intHash64I8, intHash64I16, intHash64I32,
  intHash32U8, intHash32U16, intHash32U32, intHash32U64, intHash32I8, intHash32I16, intHash32I32, hashCombine64,
} from "./hashes/int";
export * from "./compute/compare";
export * from "./compute/compareWide";
export * from "./compute/compareMixed";
export * from "./compute/compareStrings";
export {
  maskAnd, maskOr, maskXor, maskAndNot, maskNot, ternaryAnd, ternaryOr, countMask, firstInMask, maskToIndices, indicesToMask,
} from "./compute/mask";
export * from "./compute/filter";
export * from "./compute/scatter";
export * from "./compute/offsets";
export * from "./compute/select";
export * from "./compute/arithmetic";
export * from "./compute/division";
export * from "./compute/cast";
export { offsetsAreValid, allBelowU32 } from "./storage/validate";
export * from "./compute/wide";
export * from "./compute/bits";
export * from "./compute/round";
export * from "./compute/dates";
export { splitTsv, countLineFeeds } from "./text/splitTsv";
export { spansSize, firstEmptySpan, takeNulls, trimReturns, copySpans, copySpansFixed } from "./text/spans";
export {
  parseI8, parseI16, parseI32, parseI64, parseU8, parseU16, parseU32, parseU64, parseWide, parseBool,
} from "./text/parseInteger";
export { parseF64, parseF32 } from "./text/parseFloat";
export { parseDate, parseDate32, parseDateTime, parseDateTime64 } from "./text/parseTime";
export {
  printI8, printI16, printI32, printI64, printU8, printU16, printU32, printU64, printWide, printF64, printF32, printBool,
} from "./text/printNumber";
export { printDate, printDate32, printDateTime, printDateTime64 } from "./text/printTime";
export {
  escapeTsvExtra, escapeQuotedExtra, escapeJsonExtra, escapeCsvExtra, escapeTsv, escapeQuoted, escapeJson, escapeCsvQuoted,
} from "./text/escape";
export { unescapeTsv, unescapeQuoted, unescapeCsv, unescapeJson } from "./text/unescape";
export { joinRows, joinRowsSize, joinArrays, replaceNulls } from "./text/join";
