/** Table engines that are made of parts. */
export const mergeTreeEngines: readonly string[] = [
  'MergeTree',
  'ReplacingMergeTree',
  'CollapsingMergeTree',
  'VersionedCollapsingMergeTree',
  'SummingMergeTree',
  'AggregatingMergeTree',
]
