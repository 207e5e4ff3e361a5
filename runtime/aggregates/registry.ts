import type { AggregateDefinition } from './aggregate.ts'
import { any, anyLast } from './any.ts'
import { avg, avgWeighted } from './avg.ts'
import { bitAggregates } from './bits.ts'
import { count } from './count.ts'
import { argMax, argMin, max, min } from './minMax.ts'
import { momentAggregates } from './moments.ts'
import { sum, sumWithOverflow } from './sum.ts'

export const aggregates: readonly AggregateDefinition[] = [
  any,
  anyLast,
  argMax,
  argMin,
  avg,
  avgWeighted,
  ...bitAggregates,
  count,
  max,
  min,
  ...momentAggregates,
  sum,
  sumWithOverflow,
]
