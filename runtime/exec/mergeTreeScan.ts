import { Resolver } from '../analyzer/resolve.ts'
import { Scope } from '../analyzer/scope.ts'
import { columnsOf, type Typed, walk } from '../analyzer/typed.ts'
import { concatColumns, constColumn, defaultColumn } from '../columns/build.ts'
import { Chunk, type Chunks } from '../columns/chunk.ts'
import type { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { type BoundFunction, bindFunction } from '../functions/bind.ts'
import { findFunction } from '../functions/registry.ts'
import type { PlanColumn, ScanPlan } from '../planner/plan.ts'
import { parseExpression } from '../sql/parser.ts'
import type { Expr } from '../sql/ast.ts'
import { emptyBeside, siblingOf } from '../storage/mergetree/partCursor.ts'
import type { Lease } from '../storage/mergetree/fetcher.ts'
import { cutAtSegments, markOfRow, rowOfMark, segmentMarks, type PartInfo } from '../storage/mergetree/part.ts'
import type { PartReader, PinnedColumns } from '../storage/mergetree/partReader.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { QueryContext } from './context.ts'
import { Evaluator, toMask } from './evaluate.ts'
import { positionUnit } from './fetchLate.ts'
import { finalScan } from './finalScan.ts'
import { ScanAhead, type ScanRead } from './scanAhead.ts'
import { everything, keyCondition, type KeyCondition, keysOf, mayBeTrue, type Range } from './keyCondition.ts'
import { ImageEvaluator, type Images, imagesOf, rangeThrough, withInnerKeys, withKeyImages } from './keyImages.ts'
import { type MarkKeys, selectMarks } from './selectMarks.ts'
import type { MergeTreeSource } from './source.ts'
import { type TableAdapter, tableAdapter } from './tableAdapter.ts'

/** Marks of one part that have to be read. */
interface PartRanges {
  readonly part: PartInfo
  readonly ranges: readonly { from: number; to: number }[]
}

/** What pruning kept at each step, for EXPLAIN indexes = 1. */
export interface Pruning {
  readonly selected: readonly PartRanges[]
  readonly steps: readonly {
    readonly name: string
    readonly keys: readonly string[]
    readonly parts: number
    readonly granules: number
  }[]
  readonly partsTotal: number
  readonly granulesTotal: number
}

/** Rows of a MergeTree table: parts and marks that the filters rule out are not read; columns beyond the filters' are read for what is left. */
export async function* mergeTreeScan(context: QueryContext, plan: ScanPlan, source: MergeTreeSource): Chunks {
  if (plan.final && source.definition.mode.kind === 'ordinary')
    throw new DBError('ILLEGAL_FINAL', `Storage MergeTree of table ${plan.table.name} doesn't support FINAL`)
  const reader = await context.resources.partReader(source.location)
  if (plan.final) {
    const { selected } = await prune(context, plan, source, reader)
    yield* finalScan(context, plan, source, reader, selected)
    return
  }
  const scan = new SegmentReader(context, plan, reader)
  const ahead = new ScanAhead(context, reader, scan.firstColumns, scan.lateColumns)
  try {
    yield* readSegments(context, plan, source, scan, ahead)
  } finally {
    ahead.end()
  }
}

async function* readSegments(
  context: QueryContext,
  plan: ScanPlan,
  source: MergeTreeSource,
  scan: SegmentReader,
  ahead: ScanAhead,
): Chunks {
  const { selected } = await Promise.race([prune(context, plan, source, scan.reader), ahead.lease.ended])
  const arena = context.newArena()
  let wanted = plan.rowsWanted > 0 ? plan.rowsWanted : Number.POSITIVE_INFINITY
  for (const { part, ranges } of selected)
    for (const { from, to } of ranges) context.counters.totalRows += rowOfMark(part, to) - rowOfMark(part, from)
  const { index, count } = plan.isShared ? context.share : { index: 0, count: 1 }
  let number = 0
  let reads = 0
  try {
    if (wanted === Number.POSITIVE_INFINITY) await ahead.start(segmentsOf(selected, index, count))
    for (const { part, ranges } of selected) {
      const size = segmentMarks(part)
      for (const range of ranges)
        for (let from = range.from; from < range.to; ) {
          const segment = Math.floor(from / size)
          let to = Math.min(range.to, (segment + 1) * size)
          // By the segment's place in its part, so that a thread meets the same segments in every query.
          const mine = isMine(segment + number, index, count)
          if (wanted < Number.POSITIVE_INFINITY)
            to = Math.min(
              to,
              Math.max(
                from + 1,
                from + Math.ceil(wanted / Math.max(1, rowOfMark(part, from + 1) - rowOfMark(part, from))),
              ),
            )
          if (mine) {
            await context.breathe()
            if (context.isBroken) return
            await ahead.before(reads++, scan.lateShare)
            arena.reset()
            const result = await scan.read(part, from, to, arena, ahead.lease)
            try {
              if (result.chunk && result.chunk.rows > 0) {
                wanted -= result.chunk.rows
                yield result.chunk
                if (wanted <= 0) return
              }
            } finally {
              result.release()
            }
          }
          from = to
        }
      number++
    }
  } finally {
    context.release(arena)
  }
}

const isMine = (segment: number, index: number, count: number): boolean => count === 1 || segment % count === index

/** What one thread reads, segment by segment. */
function segmentsOf(selected: readonly PartRanges[], index: number, count: number): ScanRead[] {
  return selected.flatMap(({ part, ranges }, number) =>
    cutAtSegments(part, ranges).flatMap(({ from, to }) =>
      isMine(Math.floor(from / segmentMarks(part)) + number, index, count) ? [{ part, from, to }] : [],
    ),
  )
}

/** Reads one segment: filters first, cheapest first, then the other columns. */
class SegmentReader {
  readonly #steps: readonly {
    readonly filter: Typed
    readonly columns: readonly PlanColumn[]
    readonly evaluator: Evaluator
    readonly header: readonly PlanColumn[]
  }[]
  readonly #names: ReadonlyMap<number, PlanColumn>
  readonly #adapter: TableAdapter
  #compare: BoundFunction | null = null
  /** Of the granules read lately, how many needed columns behind the first step's. */
  lateShare = 0

  constructor(
    readonly context: QueryContext,
    readonly plan: ScanPlan,
    readonly reader: PartReader,
  ) {
    this.#adapter = tableAdapter(context, (plan.table.source as MergeTreeSource).definition)
    const all = [...plan.columns, ...plan.filterColumns]
    this.#names = new Map(all.map(column => [column.id, column]))
    const loaded: PlanColumn[] = []
    const rest = [...plan.filters].sort((a, b) => this.#cost(a) - this.#cost(b))
    this.#steps = rest.map(filter => {
      const needed = [...columnsOf(filter).keys()].flatMap(id => this.#names.get(id) ?? [])
      const columns = needed.filter(column => !loaded.includes(column))
      loaded.push(...columns)
      const header = [...loaded]
      return { filter, columns, header, evaluator: new Evaluator(context, header) }
    })
  }

  /** Bytes that a filter looks at for a row, about. */
  #cost(filter: Typed): number {
    let cost = 0
    for (const id of columnsOf(filter).keys()) {
      const type = this.#names.get(id)?.type
      cost += type && type.width > 0 ? type.width : type?.kind === 'LowCardinality' ? 4 : 60
    }
    walk(filter, node => {
      if (node.kind === 'call') cost += /like|match|position|regexp/i.test(node.name) ? 40 : 1
      return true
    })
    return cost
  }

  /** Columns that are read of every granule; and those that are read of what the filters leave. */
  get firstColumns(): string[] {
    const { dynamic, columns } = this.plan
    const [first] = this.#steps
    const names = new Set((dynamic ? [dynamic.column] : (first?.columns ?? columns)).map(({ name }) => name))
    return [...names].filter(name => !virtualNames.has(name))
  }

  get lateColumns(): string[] {
    const first = new Set(this.firstColumns)
    const names = new Set([...this.#names.values()].map(({ name }) => name))
    return [...names].filter(name => !virtualNames.has(name) && !first.has(name))
  }

  async read(
    part: PartInfo,
    from: number,
    to: number,
    arena: Arena,
    lease: Lease,
  ): Promise<{ chunk: Chunk | null; release(): void }> {
    const pins: PinnedColumns[] = []
    const release = () => {
      for (const pin of pins.splice(0)) pin.release()
    }
    try {
      const chunk = await this.#read(part, from, to, arena, pins, lease)
      return { chunk, release }
    } catch (error) {
      release()
      throw error
    }
  }

  async #read(
    part: PartInfo,
    from: number,
    to: number,
    arena: Arena,
    pins: PinnedColumns[],
    lease: Lease,
  ): Promise<Chunk | null> {
    const { context, plan } = this
    const { kernels } = context.memory
    const firstRow = rowOfMark(part, from)
    const total = rowOfMark(part, to) - firstRow
    const loaded = new Map<number, Column>()
    /** Row numbers within [from, to) that are left; null: all. */
    let left: { indices: number; count: number } | null = null
    /** Rows that the columns in `loaded` have: all, or those that were left when they were put together. */
    let rows = total
    let bytes = 0
    let lateGranules = 0
    const narrow = (mask: number) => {
      const at = arena.allocate(rows * 4 + 64)
      const count = kernels.maskToIndices(mask, rows, at)
      if (count === rows) return
      for (const [id, column] of loaded) loaded.set(id, column.gather(at, count, arena))
      if (left) {
        const both = arena.allocate(count * 4)
        kernels.gather4(left.indices, at, count, both)
        left = { indices: both, count }
      } else left = { indices: at, count }
      rows = count
    }
    /** A condition that most rows pass is kept as a mask: moving rows costs more than looking at them again. */
    let pending = 0
    const settle = () => {
      if (pending) narrow(pending)
      pending = 0
    }
    const load = async (columns: readonly PlanColumn[]) => {
      if (columns.length === 0) return
      const defaults = await this.#adapter.defaults(
        part,
        columns.filter(({ name }) => !virtualNames.has(name)),
      )
      const stored: { name: string; type: DataType }[] = columns.filter(
        ({ name }) => !virtualNames.has(name) && !defaults?.names.has(name),
      )
      for (const { name, type } of defaults?.reads ?? [])
        if (!stored.some(column => column.name === name)) stored.push({ name, type: parseType(type) })
      const values = new Map<string, Column>()
      if (stored.length > 0) {
        const ranges = this.#granules(part, from, to, left)
        const pieces: Column[][] = stored.map(() => [])
        const siblings = stored.map(({ name, type }) => siblingOf(part, { name, type: type.name }))
        const names = stored.map((column, i) => siblings[i] ?? column.name)
        if (ranges.length > 1)
          await this.reader.fetchAhead(
            ranges.map(range => ({ part, columns: names, from: range.from, to: range.to })),
            lease,
            aheadOfNothing,
          )
        if (loaded.size > 0) lateGranules = Math.max(lateGranules, sum(ranges.map(range => range.to - range.from)))
        for (const range of ranges) {
          const pin = await this.reader.chunk(part, names, range.from, range.to, arena, lease)
          pins.push(pin)
          const skipped = rowOfMark(part, range.from) - firstRow
          const local = range.rows && skipped > 0 ? this.#shift(range.rows, skipped, arena) : range.rows
          stored.forEach((column, i) => {
            const found = pin.columns[i]
            if (found) bytes += found.byteSize()
            const whole =
              siblings[i] !== null && found
                ? emptyBeside(found.full(arena) as ArrayColumn, { name: column.name, type: column.type.name }, arena)
                : found
                  ? this.#conform(found, column, arena)
                  : defaultColumn(column.type, pin.rows, arena)
            pieces[i].push(local ? whole.gather(local.indices, local.count, arena) : whole)
          })
        }
        stored.forEach(({ name }, i) => {
          values.set(name, pieces[i].length === 1 ? pieces[i][0] : concatColumns(pieces[i], arena))
        })
      }
      const made = defaults?.evaluate(name => values.get(name) as Column, rows, arena)
      for (const column of columns)
        loaded.set(
          column.id,
          virtualNames.has(column.name)
            ? this.#virtual(part, column, firstRow, rows, left, arena)
            : ((made?.get(column.name) ?? values.get(column.name)) as Column),
        )
    }
    if (part.columns.some(({ name }) => name === '_row_exists')) {
      const pin = await this.reader.chunk(part, ['_row_exists'], from, to, arena, lease)
      pins.push(pin)
      const mask = pin.columns[0]?.full(arena)
      if (mask instanceof FixedColumn) narrow(mask.pointer)
    }
    const { dynamic } = plan
    if (dynamic?.value !== undefined && rows > 0) {
      await load([dynamic.column])
      narrow(toMask(this.#notWorse(loaded.get(dynamic.column.id) as Column, dynamic.value, arena), arena))
    }
    for (const { filter, columns: needed, header, evaluator } of this.#steps) {
      const columns = needed.filter(column => !loaded.has(column.id))
      if (rows === 0) break
      if (pending && columns.length > 0 && columns.some(column => column.type.width === 0)) settle()
      await load(columns)
      const chunk = new Chunk(
        header.map(column => loaded.get(column.id) as Column),
        rows,
      )
      const mask = evaluator.mask(filter, chunk, arena)
      if (mask === true) continue
      if (mask === false) {
        rows = 0
        break
      }
      let all = mask
      if (pending) {
        all = arena.allocate(rows)
        kernels.maskAnd(pending, mask, all, rows)
      }
      const count = kernels.countMask(all, rows)
      if (count === 0) {
        rows = 0
        break
      }
      pending = count === rows ? 0 : all
      if (pending && count < rows / 4) settle()
    }
    if (rows > 0) settle()
    if (rows > 0) await load(plan.columns.filter(column => !loaded.has(column.id)))
    this.lateShare += (lateGranules / (to - from) - this.lateShare) / 4
    context.read(total, bytes)
    return rows === 0
      ? null
      : new Chunk(
          plan.columns.map(column => loaded.get(column.id) as Column),
          rows,
        )
  }

  /** Whether rows can still be among the first of the sort above. */
  #notWorse(column: Column, value: Value, arena: Arena): Column {
    const { dynamic } = this.plan
    const { type } = column
    this.#compare ??= bindFunction(
      findFunction(dynamic?.descending ? 'greaterOrEquals' : 'lessOrEquals')!,
      [
        { type, constant: undefined },
        { type, constant: undefined },
      ],
      this.context.environment,
    )
    const bound = constColumn(type, value, column.rows, arena)
    return this.#compare.run([column, bound], column.rows, arena)
  }

  /** The granules that rows which are left lie in: one by one where they are few, else from the first to the last. */
  #granules(
    part: PartInfo,
    from: number,
    to: number,
    left: Rows | null,
  ): { from: number; to: number; rows: Rows | null }[] {
    if (!left || left.count === 0) return [{ from, to, rows: left }]
    const { u32 } = this.context.memory
    const firstRow = rowOfMark(part, from)
    const rowAt = (i: number) => u32[left.indices / 4 + i] + firstRow
    const low = markOfRow(part, rowAt(0))
    const high = markOfRow(part, rowAt(left.count - 1)) + 1
    if (left.count <= sparseRowsMax) {
      const apart: { from: number; to: number; rows: Rows }[] = []
      for (let i = 0; i < left.count; ) {
        const mark = markOfRow(part, rowAt(i))
        const start = i
        while (i < left.count && rowAt(i) < rowOfMark(part, mark + 1)) i++
        apart.push({ from: mark, to: mark + 1, rows: { indices: left.indices + start * 4, count: i - start } })
      }
      if (apart.length * 2 <= high - low) return apart
    }
    return [{ from: low, to: high, rows: left }]
  }

  #shift(
    { indices, count }: { indices: number; count: number },
    by: number,
    arena: Arena,
  ): { indices: number; count: number } {
    const { memory } = this.context
    const shifted = arena.allocate(count * 4)
    memory.u8.copyWithin(shifted, indices, indices + count * 4)
    memory.kernels.addToU32(shifted, count, -by)
    return { indices: shifted, count }
  }

  /** A part may be older than the column's type of today. */
  #conform(column: Column, wanted: { readonly type: DataType }, arena: Arena): Column {
    if (column.type.equals(wanted.type)) return column
    const cast = this.context.resources.cast(column.type, wanted.type, this.context)
    return cast(column, column.rows, arena)
  }

  #virtual(
    part: PartInfo,
    { name, type }: PlanColumn,
    firstRow: number,
    rows: number,
    left: { indices: number } | null,
    arena: Arena,
  ): Column {
    if (name === '_part') return constColumn(type, part.name, rows, arena)
    if (name === '_part_index')
      return constColumn(type, (this.plan.table.source as MergeTreeSource).parts.indexOf(part), rows, arena)
    if (name === '_sample_factor') return constColumn(type, this.plan.sample?.factor ?? 1, rows, arena)
    if (name === '_partition_id') return constColumn(type, part.partitionId, rows, arena)
    const { memory } = this.context
    const offsets = arena.allocate(rows * 8)
    const source = this.plan.table.source as MergeTreeSource
    const base = name === '_position' ? source.parts.indexOf(part) * positionUnit + firstRow : firstRow
    memory.kernels.fillPositions(base, left ? left.indices : 0, rows, offsets)
    return new FixedColumn(parseType('UInt64'), memory, offsets, rows)
  }
}

/** Rows of a segment by number: u32[count]. */
interface Rows {
  readonly indices: number
  readonly count: number
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Step of a lease for what is used at once: it is passed with the next read. */
const aheadOfNothing = -1
/** Up to so many rows may be read granule by granule. */
const sparseRowsMax = 64

const virtualNames = new Set(['_part', '_part_index', '_partition_id', '_part_offset', '_sample_factor', '_position'])

/** Which parts and marks can hold rows that pass the scan's filters. */
export async function prune(
  context: QueryContext,
  plan: ScanPlan,
  source: MergeTreeSource,
  reader: PartReader,
): Promise<Pruning> {
  let condition = keyCondition(plan.filters)
  const keys = keyNodes(context, plan, source)
  const columnKeys = new Map([...plan.columns, ...plan.filterColumns].map(column => [column.name, `#${column.id}`]))
  const all = source.parts.map(
    (part): PartRanges => ({ part, ranges: part.marks.count > 0 ? [{ from: 0, to: part.marks.count }] : [] }),
  )
  const count = (selected: readonly PartRanges[]) =>
    selected.reduce((sum, { ranges }) => sum + ranges.reduce((marks, { from, to }) => marks + to - from, 0), 0)
  const steps: { name: string; keys: readonly string[]; parts: number; granules: number }[] = []
  let selected = all.filter(({ ranges }) => ranges.length > 0)
  const note = (name: string, keys: readonly string[]) =>
    steps.push({ name, keys, parts: selected.length, granules: count(selected) })
  if (condition.kind !== 'unknown') {
    const evaluator = new ImageEvaluator(context)
    try {
      const images = imagesOf(plan.filters, evaluator)
      const known = [...keys.sorting, ...keys.partition].filter(key => key !== null)
      condition = withKeyImages(condition, known, evaluator)
      if (source.definition.minmaxColumns.length > 0) {
        const byBounds = (part: PartInfo) => rangeThrough(key => boundsOf(part, key, columnKeys), images)
        selected = selected.filter(({ part }) => mayBeTrue(condition, byBounds(part)))
        note('MinMax', source.definition.minmaxColumns)
        const partition = namesOf(keys.partition)
        const byPartition = (part: PartInfo) => rangeThrough(key => partitionRange(part, key, partition), images)
        selected = selected.filter(({ part }) => mayBeTrue(condition, byPartition(part)))
        note('Partition', source.partitionKey)
      }
      const columns = [...plan.columns, ...plan.filterColumns].map(({ name }) => name)
      selected = await byPrimaryKey(condition, selected, namesOf(keys.sorting), images, source, reader, columns)
      if (source.definition.primaryKeyLength > 0)
        note('PrimaryKey', source.sortingKey.slice(0, source.definition.primaryKeyLength))
    } finally {
      evaluator.release()
    }
  }
  return { selected, steps, partsTotal: all.length, granulesTotal: count(all) }
}

async function byPrimaryKey(
  condition: KeyCondition,
  selected: readonly PartRanges[],
  sorting: readonly string[],
  images: Images,
  source: MergeTreeSource,
  reader: PartReader,
  wanted: readonly string[],
): Promise<PartRanges[]> {
  const { primaryKeyLength, sortingKey } = source.definition
  const keys = sorting.slice(0, primaryKeyLength)
  const used = withInnerKeys(keysOf(condition), images)
  if (condition.kind === 'never') return []
  if (!keys.some(key => used.has(key))) return [...selected]
  const types = sortingKey.slice(0, primaryKeyLength).map(({ type }) => parseType(type))
  const result: PartRanges[] = []
  const parts = selected.map(({ part }) => part)
  await reader.prepare(parts, { types, columns: reader.areMarksCheap(parts, wanted) ? wanted : undefined })
  for (const { part } of selected) {
    const columns = await reader.primaryIndex(part, types)
    if (columns.length === 0) {
      result.push({ part, ranges: [{ from: 0, to: part.marks.count }] })
      continue
    }
    const index: MarkKeys = {
      keys,
      descending: sortingKey.map(({ descending }) => descending),
      values: columns.map(column => lazyValues(column)),
      marks: part.marks.count,
      last: null,
      images,
    }
    const ranges = selectMarks(condition, index)
    if (ranges.length > 0) result.push({ part, ranges })
  }
  return result
}

/** Values of an index column, read as they are asked for: a search looks at few of them. */
function lazyValues(column: Column): ArrayLike<import('../types/value.ts').Value> {
  return new Proxy({ length: column.rows } as unknown as ArrayLike<import('../types/value.ts').Value>, {
    get: (target, name) =>
      typeof name === 'string' && /^\d+$/.test(name) ? column.valueAt(Number(name)) : Reflect.get(target, name),
  })
}

/** The table's key expressions as analyzed over the scan's columns; null where a column is not read at all. */
function keyNodes(
  context: QueryContext,
  plan: ScanPlan,
  source: MergeTreeSource,
): { sorting: (Typed | null)[]; partition: (Typed | null)[] } {
  const columns = [...plan.columns, ...plan.filterColumns]
  const scope = new Scope(
    columns.map(({ id, name, type }) => ({
      name,
      qualifiers: [],
      node: { kind: 'column', id, name, type, key: `#${id}` },
      table: 0,
    })),
    { queries: new Map() },
  )
  const resolver = new Resolver(context.resources.analyzer(context), scope)
  const nodeOf = (text: string): Typed | null => resolveSync(resolver, parseExpression(text))
  return { sorting: source.sortingKey.map(nodeOf), partition: source.partitionKey.map(nodeOf) }
}

/** What the condition calls them; nothing that it could name where they are not known. */
const namesOf = (keys: readonly (Typed | null)[]): string[] => keys.map((key, i) => key?.key ?? `?${i}`)

/** Key expressions are calls over columns and literals: nothing in them waits. */
function resolveSync(resolver: Resolver, node: Expr): Typed | null {
  if (node.kind === 'identifier') return resolver.scope.find(node.parts)[0]?.node ?? null
  if (node.kind === 'literal' && typeof node.value === 'bigint') return resolver.integer(node.value)
  if (node.kind === 'literal' && typeof node.value === 'string')
    return resolver.constant(node.value, parseType('String'))
  if (node.kind !== 'function') return null
  const args = node.args.map(arg => resolveSync(resolver, arg))
  return args.some(arg => arg === null) ? null : resolver.call(node.name, args as Typed[])
}

function boundsOf(part: PartInfo, key: string, columnKeys: ReadonlyMap<string, string>): Range | undefined {
  const bound = part.bounds.find(({ column }) => columnKeys.get(column) === key)
  if (!bound) return undefined
  if (bound.min === null || bound.max === null) return everything
  return { low: bound.min, high: bound.max, lowOpen: false, highOpen: false }
}

function partitionRange(part: PartInfo, key: string, keys: readonly string[]): Range | undefined {
  const at = keys.indexOf(key)
  if (at < 0) return undefined
  const value = part.partitionValues[at]
  return value === null || value === undefined
    ? everything
    : { low: value, high: value, lowOpen: false, highOpen: false }
}

/** EXPLAIN indexes = 1: parts and granules that each step kept. */
export async function explainIndexes(plan: ScanPlan, context: QueryContext): Promise<string[]> {
  const source = plan.table.source as MergeTreeSource
  const reader = await context.resources.partReader(source.location)
  const { steps, partsTotal, granulesTotal } = await prune(context, plan, source, reader)
  const lines = ['Indexes:']
  let before = { parts: partsTotal, granules: granulesTotal }
  for (const { name, keys, parts, granules } of steps) {
    lines.push(`  ${name}`)
    if (keys.length > 0) lines.push('    Keys:', ...keys.map(key => `      ${key}`))
    lines.push(`    Parts: ${parts}/${before.parts}`, `    Granules: ${granules}/${before.granules}`)
    before = { parts, granules }
  }
  if (steps.length === 0)
    lines.push(`  None`, `    Parts: ${partsTotal}/${partsTotal}`, `    Granules: ${granulesTotal}/${granulesTotal}`)
  return lines
}

/** EXPLAIN ESTIMATE: what would be read of a table. */
export async function estimateScan(
  plan: ScanPlan,
  context: QueryContext,
): Promise<{ parts: number; rows: number; marks: number }> {
  const source = plan.table.source as MergeTreeSource
  const reader = await context.resources.partReader(source.location)
  const { selected } = await prune(context, plan, source, reader)
  const estimate = { parts: 0, rows: 0, marks: 0 }
  for (const { part, ranges } of selected) {
    if (ranges.length > 0) estimate.parts++
    for (const { from, to } of ranges) {
      estimate.marks += to - from
      estimate.rows += rowOfMark(part, to) - rowOfMark(part, from)
    }
  }
  return estimate
}
