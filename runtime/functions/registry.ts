import { aggregateStates } from './aggregateStates.ts'
// Every scalar function, one line a family. An explicit list: bundlers drop imports made for their side effects.
import { arithmetic } from './arithmetic.ts'
import { arrayParts } from './arrayParts.ts'
import { arrays } from './arrays.ts'
import { arrayScores } from './arrayScores.ts'
import { arrayShapes } from './arrayShapes.ts'
import { arraySearch } from './arraySearch.ts'
import { arraySets } from './arraySets.ts'
import { arraySort } from './arraySort.ts'
import { arrayTotals } from './arrayTotals.ts'
import { bestEffortTimes } from './bestEffort.ts'
import { bitmaps } from './bitmaps.ts'
import { blocks } from './blocks.ts'
import { sleeping } from './sleeping.ts'
import { colors } from './colors.ts'
import { means } from './means.ts'
import { numberTheory } from './numberTheory.ts'
import { bits } from './bits.ts'
import { consistentHashes } from './consistentHash.ts'
import { charsets } from './charset.ts'
import { clock } from './clock.ts'
import { bitmask } from './bitmask.ts'
import { comparison } from './comparison.ts'
import { concat } from './concat.ts'
import { conditional } from './conditional.ts'
import { conversion } from './conversion.ts'
import { dateArithmetic } from './dateArithmetic.ts'
import { dateChanges } from './dateChanges.ts'
import { dateParts } from './dateParts.ts'
import { dateStarts } from './dateStarts.ts'
import { decimalTexts } from './decimalText.ts'
import { digests } from './digests.ts'
import { dictionaries } from './dictionaries.ts'
import { encoding } from './encoding.ts'
import { encryption } from './encryption.ts'
import { financial } from './financial.ts'
import { formattingTimes } from './formatDateTime.ts'
import type { FunctionDefinition } from './function.ts'
import { geo } from './geo.ts'
import { geohash } from './geohash.ts'
import { greatCircle } from './greatCircle.ts'
import { hashes } from './hashes.ts'
import { higherOrder } from './higherOrder.ts'
import { icebergHashes } from './icebergHash.ts'
import { intervalTuples } from './intervalTuples.ts'
import { ip } from './ip.ts'
import { json } from './json.ts'
import { introspection } from './introspection.ts'
import { keyValuePairs } from './keyValuePairs.ts'
import { jsonPaths } from './jsonPath.ts'
import { jsonPrinting } from './jsonPrinting.ts'
import { simpleJson } from './simpleJson.ts'
import { like } from './like.ts'
import { logical } from './logical.ts'
import { mapLambdas } from './mapLambdas.ts'
import { maps } from './maps.ts'
import { math } from './math.ts'
import { markup } from './markup.ts'
import { miscellaneous } from './miscellaneous.ts'
import { normalizedQueries } from './normalizeQuery.ts'
import { nullability } from './nullability.ts'
import { parsingTimes } from './parseDateTime.ts'
import { printing } from './printf.ts'
import { randoms } from './random.ts'
import { readable } from './readable.ts'
import { numberDigits } from './numberDigits.ts'
import { readableSizes } from './readableSizes.ts'
import { multiMatch } from './multiMatch.ts'
import { regexLists } from './regexLists.ts'
import { regexReplacing } from './regexReplace.ts'
import { regexp } from './regexp.ts'
import { significantDomains } from './significantDomain.ts'
import { similarity } from './similarity.ts'
import { reinterpret } from './reinterpret.ts'
import { rounding } from './rounding.ts'
import { spaceCurves } from './spaceCurve.ts'
import { splitting } from './splitting.ts'
import { sqids } from './sqids.ts'
import { stringCase } from './stringCase.ts'
import { stringHashes } from './stringHashes.ts'
import { stringSearch } from './stringSearch.ts'
import { substring } from './substring.ts'
import { tupleArithmetic } from './tupleArithmetic.ts'
import { timeWindows } from './timeWindows.ts'
import { tokenSearch } from './tokenSearch.ts'
import { tuples } from './tuples.ts'
import { vectors } from './vectors.ts'
import { url } from './url.ts'
import { uuid } from './uuid.ts'

// biome-ignore format: one line a family
const families: readonly (readonly FunctionDefinition[])[] = [
  aggregateStates,
  arithmetic,
  arrays,
  arrayParts,
  arrayScores,
  arraySearch,
  arrayShapes,
  arraySets,
  arraySort,
  arrayTotals,
  bestEffortTimes,
  bits,
  bitmaps,
  blocks,
  sleeping,
  colors,
  means,
  numberTheory,
  charsets,
  clock,
  bitmask,
  comparison,
  concat,
  conditional,
  consistentHashes,
  conversion,
  dateArithmetic,
  dateChanges,
  dateParts,
  dateStarts,
  decimalTexts,
  digests,
  dictionaries,
  encoding,
  encryption,
  financial,
  formattingTimes,
  geo,
  geohash,
  greatCircle,
  hashes,
  higherOrder,
  icebergHashes,
  intervalTuples,
  ip,
  json,
  introspection,
  keyValuePairs,
  jsonPaths,
  jsonPrinting,
  simpleJson,
  like,
  logical,
  mapLambdas,
  maps,
  math,
  markup,
  miscellaneous,
  normalizedQueries,
  nullability,
  parsingTimes,
  printing,
  randoms,
  readable,
  numberDigits,
  readableSizes,
  regexp,
  regexLists,
  regexReplacing,
  multiMatch,
  significantDomains,
  similarity,
  reinterpret,
  rounding,
  spaceCurves,
  splitting,
  sqids,
  stringCase,
  stringHashes,
  stringSearch,
  substring,
  tupleArithmetic,
  timeWindows,
  tokenSearch,
  tuples,
  vectors,
  url,
  uuid,
]

const byName = new Map<string, FunctionDefinition>()
const byLowerName = new Map<string, FunctionDefinition>()
for (const definition of families.flat()) {
  for (const name of [definition.name, ...(definition.aliases ?? [])]) {
    byName.set(name, definition)
    if (definition.caseInsensitive) byLowerName.set(name.toLowerCase(), definition)
  }
}

/** By name or alias, in any case where the function says so. */
export function findFunction(name: string): FunctionDefinition | undefined {
  return byName.get(name) ?? byLowerName.get(name.toLowerCase())
}

export const allFunctions = (): readonly FunctionDefinition[] => families.flat()
export const functionNames = (): Iterable<string> => byName.keys()
