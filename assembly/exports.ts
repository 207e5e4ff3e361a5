// The ABI: everything that leaves the module is named here, one line a file.
export { abiVersion } from "./abi";
export { heapCreate, heapPagesTaken, heapTake, heapGive } from "./memory/heap";
export {
  budgetInit, budgetUsed, budgetPeak, arenaInit, arenaAllocate, arenaFree, arenaGrow, arenaReset, arenaDestroy,
} from "./memory/arena";
export {
  gather1, gather2, gather4, gather8, gather16, gatherBytes, gatherOffsets, gatherStrings, gatherElements,
  fillBytes, fillRange, rebaseOffsets, markNoRow, addToU32, orMasks, andNotMasks, isMask, nonZero, isFound,
  limitByMask, equalSizes, arrayJoinRows, arrayJoinNumbers, fillNumbers, chooseRows, fillPositions,
} from "./columns/select";
export { lz4CompressBound, lz4Compress, lz4Decompress } from "./codecs/lz4";
export { zstdStateSize, zstdCompressBound, zstdStart, zstdContinue, zstdCompress } from "./codecs/zstd";
export {
  cityHash64, cityHash128, cityHash128WithSeed, cityHash64Strings, cityHash64Fixed, chainedHashBytes, chainedHashStart,
  chainedHash, chainedHashFinish,
} from "./hashes/city";
export {
  sipHash64, sipHash128, sipHash64Strings, sipHash64Fixed, sipHash64KeyedStrings, sipHash128KeyedStrings,
  sipHash128ReferenceStrings, sipHashCombine64,
} from "./hashes/sip";
export {
  intHash64U8, intHash64U16, intHash64U32, intHash64U64, intHash64I8, intHash64I16, intHash64I32,
  intHash32U8, intHash32U16, intHash32U32, intHash32U64, intHash32I8, intHash32I16, intHash32I32, hashCombine64,
  hashCombineXor32, hashCombineXor64, hashCombineFingerprint, interleaveValues,
} from "./hashes/int";
export { md5Strings, sha1Strings } from "./hashes/md5";
export { md4Strings, ripemd160Strings } from "./hashes/ripemd";
export { keccak256Strings } from "./hashes/keccak";
export { farmFingerprint64Strings, farmHash64Strings } from "./hashes/farm";
export { metroHash64Strings } from "./hashes/metro";
export { wyHash64Strings } from "./hashes/wy";
export { xxh3U64Strings, xxh3U128Strings } from "./hashes/xxh3";
export { sha256Strings, sha512Strings } from "./hashes/sha2";
export {
  murmurHash2U64Strings, murmurHash2U32Strings, murmurHash3U32Strings, murmurHash3U128Strings, javaHashStrings,
  javaHashUtf16Strings,
} from "./hashes/murmur";
export { xxHash32Strings, xxHash64Strings } from "./hashes/xxHash";
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
export {
  vectorNormsF32, vectorNormsF64, vectorDistancesF32, vectorDistancesF64, dotProductsI64,
} from "./compute/vectors";
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
export { hashKeys1, hashKeys2, hashKeys4, hashKeys8, hashKeysWide, hashKeysString } from "./hashtable/hash";
export {
  groupTableSize, groupTableKeys, groupTableBytes,
} from "./hashtable/table";
export {
  groupTableCreate1, groupTableCreate2, groupTableUpsert1, groupTableUpsert2, groupTableFind1, groupTableFind2,
} from "./hashtable/direct";
export {
  groupTableCreate4, groupTableCreate8, groupTableUpsert4, groupTableUpsert8, groupTableFind4, groupTableFind8,
} from "./hashtable/fixed";
export { groupTableCreateWide, groupTableUpsertWide, groupTableFindWide } from "./hashtable/wide";
export { groupTableCreateString, groupTableUpsertString, groupTableFindString } from "./hashtable/strings";
export { partitionRows } from "./hashtable/partition";
export {
  packKeys1, packKeys2, packKeys4, packKeys8, packKeysBytes, packKeyNulls, unpackKeys1, unpackKeys2, unpackKeys4,
  unpackKeys8, unpackKeysBytes, unpackKeyNulls, rowSizesAdd, rowOffsets, rowsPutFixed, rowsPutString, rowsTakeFixed,
  rowsTakeOffsets, rowsTakeString, usedEntries, newKeyRows,
} from "./hashtable/pack";
export {
  sumI8Grouped, sumI16Grouped, sumI32Grouped, sumI64Grouped, sumU8Grouped, sumU16Grouped, sumU32Grouped,
  sumF32Grouped, sumF64Grouped, sumI8, sumU8, sumI16, sumU16, sumI32, sumU32, sumI64, sumF32, sumF64, averageI64, averageU64, averageF64, averageWords, sumI32Into128,
  sumI64Into128, sumWordsGrouped,
} from "./aggregate/sum";
export {
  countGrouped, countFlagGrouped, markGroups, truthMask, orFlags, repeatIds, positionsInRows, compareBytesOf, limitRuns, runIndices, groupRows,
} from "./aggregate/count";
export {
  minI8Grouped, minI8, minI8Leads, minI16Grouped, minI16, minI16Leads, minI32Grouped, minI32, minI32Leads,
  minI64Grouped, minI64, minI64Leads, minU8Grouped, minU8, minU8Leads, minU16Grouped, minU16, minU16Leads,
  minU32Grouped, minU32, minU32Leads, minU64Grouped, minU64, minU64Leads, minF32Grouped, minF32, minF32Leads,
  minF64Grouped, minF64, minF64Leads, maxI8Grouped, maxI8, maxI8Leads, maxI16Grouped, maxI16, maxI16Leads,
  maxI32Grouped, maxI32, maxI32Leads, maxI64Grouped, maxI64, maxI64Leads, maxU8Grouped, maxU8, maxU8Leads,
  maxU16Grouped, maxU16, maxU16Leads, maxU32Grouped, maxU32, maxU32Leads, maxU64Grouped, maxU64, maxU64Leads,
  maxF32Grouped, maxF32, maxF32Leads, maxF64Grouped, maxF64, maxF64Leads,
} from "./aggregate/minMax";
export {
  bitAndU8Grouped, bitAndU16Grouped, bitAndU32Grouped, bitAndU64Grouped, bitOrU8Grouped, bitOrU16Grouped,
  bitOrU32Grouped, bitOrU64Grouped, bitXorU8Grouped, bitXorU16Grouped, bitXorU32Grouped, bitXorU64Grouped,
} from "./aggregate/bits";
export {
  moments2Grouped, moments4Grouped, comomentsGrouped, addVectorsF64, widenI8, widenI16, widenI32, widenI64, widenU8,
  widenU16, widenU32, widenU64, widenF32,
} from "./aggregate/moments";
export {
  firstRows, lastRows, putValues1, putValues2, putValues4, putValues8, putValuesBytes, putStrings, minStringLeads,
  maxStringLeads, stringStateOffsets, stringStateFlags, stringStateBytes,
} from "./aggregate/values";
export {
  sortKeysI8, sortKeysI16, sortKeysI32, sortKeysI64, sortKeysU8, sortKeysU16, sortKeysU32, sortKeysU64, sortKeysF32,
  sortKeysF64, sortKeysWord, sortKeysNulls, sortKeysClear, sortKeysAppend, keysSorted, keysNotAbove,
  sortKeysPrefix, sortKeysNullBit, runRanks, swapBytesU32, copyRows,
} from "./sort/keys";
export { sortByKeys, sortRefine, markRuns } from "./sort/radix";
export { sortRefineStrings, markStringRuns, stringsNotBehind } from "./sort/strings";
export {
  mergeRunsKeys, mergeRunsBytes, orderBytesSizes, orderBytesPutKeys, orderBytesPutString, keysInterleave,
} from "./sort/merge";
export {
  containsString, containsStringIgnoreCase, markString, positionString, countString, positionsToUtf8, positionEach,
} from "./strings/search";
export { matchAffixes, keepSequence, keepLike } from "./strings/like";
export { lengthUtf8, isAscii, isAsciiEach, isValidUtf8 } from "./strings/utf8";
export {
  keepRegex, positionRegex, countRegex, extractRegex, replaceRegex, extractAllRegex, extractGroupsRegex, splitRegex,
} from "./regex/column";
export { splitCsv } from "./text/splitCsv";
export { splitArray, splitTuple, splitMap, trimQuotes } from "./text/splitNested";
export { parseDecimal, printDecimal } from "./text/decimal";
export {
  parseUuid, printUuid, parseIpv4, printIpv4, parseIpv6, printIpv6, parseEnum8, parseEnum16, printEnum8, printEnum16,
} from "./text/identifier";
export { splitStrings, joinStrings, sizesToOffsets, offsetsToSizes } from "./storage/strings";
export {
  remapEntries, narrowEntries, readSparse, sparseSize,
} from "./storage/encodings";
export { jsonNames, jsonRows, takeJsonNulls } from "./text/splitJson";
export { deltaDecode, deltaEncode, doubleDeltaDecode, doubleDeltaEncode } from "./codecs/delta";
export { gorillaDecode, gorillaEncode } from "./codecs/gorilla";
export { gcdDecode } from "./codecs/gcd";
export { t64Decode, t64Encode } from "./codecs/t64";
export { fpcScratch, fpcDecode } from "./codecs/fpc";
export * from "./formats/bulk";
export * from "./formats/rowBinary";
export * from "./formats/join";
export * from "./formats/xml";
export * from "./formats/nested";
export * from "./formats/split";
export { distinctValues } from "./columns/dictionary";
export {
  roaringBytes, roaringInit, roaringAdd, roaringAddMany, roaringContains, roaringContainsMany, roaringCardinality, roaringToArray,
  roaringRank, roaringSelect, roaringMin, roaringMax, roaringAnd, roaringOr, roaringXor, roaringAndNot, roaringAndCardinality,
  roaringRunOptimize, roaringSerializedSize, roaringSerialize, roaringDeserialize,
} from "./roaring/bitmap";
export {
  lowerBoundI8, lowerBoundI16, lowerBoundI32, lowerBoundI64, lowerBoundU8, lowerBoundU16, lowerBoundU32, lowerBoundU64,
  lowerBoundF32, lowerBoundF64, upperBoundI8, upperBoundI16, upperBoundI32, upperBoundI64, upperBoundU8, upperBoundU16,
  upperBoundU32, upperBoundU64, upperBoundF32, upperBoundF64, lowerBoundStrings, upperBoundStrings, lowerBoundFixed, upperBoundFixed,
} from "./index/markSearch";
export { chainRows, clearIds, headsOf, joinPairs, crossPairs, markRows, firstPairs } from "./join/pairs";
export { countIds, keepOnce, takeCounted } from "./join/sets";
export { asofStarts, asofRows } from "./join/asof";
export {
  packSources, countSources, sourceIndices, sumRuns8, sumRuns16, sumRuns32, sumRuns64, sumRunsF32, sumRunsF64, sumRunsWide,
} from "./storage/merge";
export {
  reservoirStart, reservoirAdd, reservoirOffsets, reservoirSamples, reservoirMerge, sortFloatRuns, interpolateRuns,
} from "./aggregate/reservoir";
export { uniqHashU8, uniqHashU16, uniqHashU32, uniqHashU64, uniqHashI8, uniqHashI16, uniqHashI32, uniqKept } from "./aggregate/uniq";
export { lowerAscii, upperAscii, changeCaseUtf8, reverseBytes, reverseUtf8 } from "./strings/case";
export { pickUrl, cutUrl, trimSet, substringEach, pickFirstLine } from "./strings/pieces";
export { concatStrings, replaceString, splitString, joinLists, repeatStrings, affixEach } from "./strings/build";
export { aesScheduleBytes, aesExpandKey, aesEcb, aesCbc, aesOfb, aesCfb8, aesCtr, aesGcm } from "./encryption/aes";
export { fillRandom } from "./compute/random";
