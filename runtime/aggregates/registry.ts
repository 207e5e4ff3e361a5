import type { AggregateDefinition } from './aggregate.ts'
import { any, anyLast } from './any.ts'
import { avg, avgWeighted } from './avg.ts'
import { bitAggregates } from './bits.ts'
import { count } from './count.ts'
import { groupArray, groupArrayLast, groupUniqArray } from './groupArray.ts'
import { mapAggregates } from './mapSums.ts'
import { argMax, argMin, max, min } from './minMax.ts'
import { momentAggregates } from './moments.ts'
import { countedQuantiles } from './quantileCounts.ts'
import { digestQuantiles } from './quantileDigest.ts'
import { sketchQuantiles } from './quantileSketches.ts'
import { reservoirQuantiles } from './quantile.ts'
import { exactQuantiles } from './quantileExact.ts'
import { sum, sumWithOverflow } from './sum.ts'
import { sumCount } from './sumCount.ts'
import { arrayAggregates } from './arrayBuilders.ts'
import { entropy } from './entropy.ts'
import { numberAggregates } from './numberStates.ts'
import { timingQuantiles } from './quantileTiming.ts'
import { associationAggregates } from './association.ts'
import { bitmapAggregates } from './groupBitmap.ts'
import { intervalAggregates } from './intervals.ts'
import { matrixAggregates } from './matrices.ts'
import { oneValueAggregates } from './oneValue.ts'
import { testAggregates } from './statisticalTests.ts'
import { chainAggregates } from './eventChains.ts'
import { groupConcat } from './textAggregates.ts'
import { topAggregates } from './topK.ts'
import { hyperLogLogs } from './hyperLogLog.ts'
import { uniq } from './uniq.ts'
import { uniqExact } from './uniqExact.ts'

export const aggregates: readonly AggregateDefinition[] = [
  any,
  anyLast,
  argMax,
  argMin,
  avg,
  avgWeighted,
  ...bitAggregates,
  count,
  ...exactQuantiles,
  groupArray,
  groupArrayLast,
  groupUniqArray,
  ...mapAggregates,
  max,
  min,
  ...momentAggregates,
  ...reservoirQuantiles,
  sum,
  sumCount,
  sumWithOverflow,
  ...arrayAggregates,
  entropy,
  ...numberAggregates,
  ...countedQuantiles,
  ...digestQuantiles,
  ...sketchQuantiles,
  ...timingQuantiles,
  ...associationAggregates,
  ...bitmapAggregates,
  ...intervalAggregates,
  ...matrixAggregates,
  ...oneValueAggregates,
  ...testAggregates,
  ...topAggregates,
  ...chainAggregates,
  groupConcat,
  uniq,
  uniqExact,
  ...hyperLogLogs,
]
