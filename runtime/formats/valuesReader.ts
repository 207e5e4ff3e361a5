import { columnOf, concatColumns } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FieldError } from '../columns/parse.ts'
import { newSpans, type Spans, spanText } from '../columns/spans.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { LowCardinalityType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { Omitted, ReadResult } from './format.ts'
import { nothingRead } from './mapping.ts'
import { type Cut, newCut, RowError, TextReader } from './textReader.ts'

const notARow = 1
/** Fields of a column that look like literals but are none, before all of them are taken for expressions. */
const retriesMax = 16
const rowBytesMin = 3

/** (1, 'a', now()), (2, ...): literals by kernels, what is none through the evaluator of expressions. */
export class ValuesReader extends TextReader {
  protected readRows(pointer: number, size: number, isLast: boolean, rowsMax: number, arena: Arena): ReadResult {
    const { kernels } = this.memory
    const columns = this.schema.length
    const bound = Math.max(1, Math.min(rowsMax, Math.ceil(size / rowBytesMin)))
    const found = newSpans(bound, pointer, arena)
    const state = this.memory.scratch()
    kernels.splitBracketed(pointer, size, isLast ? 1 : 0, 40, 39, found.starts, found.ends, bound, state)
    const [rows, consumed, error] = this.memory.u32.subarray(state / 4, state / 4 + 3)
    if (rows === 0) {
      if (error) {
        const rest = this.memory.text(pointer + consumed, Math.min(20, size - consumed))
        throw new RowError(
          0,
          new DBError(
            'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
            `Cannot parse input: expected ${error === notARow ? "'('" : "')'"} before: ${JSON.stringify(rest)}: (at row ?)\n`,
          ),
        )
      }
      return nothingRead(consumed)
    }
    const { fields, stride, flags } = newCut(columns, rows, pointer, arena)
    const done = kernels.splitTuple(
      found.starts,
      found.ends,
      pointer,
      rows,
      40,
      41,
      columns,
      fields.starts,
      fields.ends,
      stride,
    )
    if (done < 0)
      throw new RowError(
        -done - 1,
        new DBError(
          'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
          `Cannot parse input: a row of ${columns} values is expected: (at row ?)\n`,
        ),
      )
    const cut: Cut = { fields, stride, flags, rows, consumed }
    return this.assembleFields(cut, arena, (_field, place, spans) =>
      this.#column(this.schema[place].type, spans, arena),
    )
  }

  #column(type: DataType, spans: Spans, arena: Arena): { column: Column; omitted: Omitted } {
    const { memory } = this
    const { kernels } = memory
    const { rows } = spans
    const expressions = arena.allocate(rows)
    kernels.markExpressions(spans.starts, spans.ends, spans.base, rows, expressions)
    const marks = () => memory.u8.subarray(expressions, expressions + rows)
    const canEvaluate = this.options.evaluate && this.options.settings.input_format_values_interpret_expressions
    const nullable = type instanceof NullableType || type.isNullable
    const nulls = arena.allocate(rows)
    for (let tries = 0; ; tries++) {
      const copy = copySpans(spans, expressions, arena)
      let mask = 0
      if (!nullable && this.options.settings.input_format_null_as_default) {
        const text = memory.writeText(arena, 'NULL').pointer
        if (kernels.takeNulls(copy.starts, copy.ends, copy.base, rows, text, 4, nulls) > 0) mask = nulls
      }
      try {
        const column = this.parseColumn(type, copy, 'quoted', {}, mask, arena)
        if (!marks().includes(1)) return { column, omitted: mask || null }
        return this.#evaluated(column, spans, expressions, mask, arena)
      } catch (error) {
        if (!(error instanceof FieldError) || error.row >= rows || marks()[error.row] === 1) throw error
        if (!canEvaluate) throw new FieldError(error.errorName, error.message, error.row, error.text, type)
        if (tries < retriesMax) marks()[error.row] = 1
        else marks().fill(1)
      }
    }
  }

  /** The column with the expressions' values in their rows. DEFAULT leaves a value out. */
  #evaluated(
    column: Column,
    spans: Spans,
    expressions: number,
    nullMask: number,
    arena: Arena,
  ): { column: Column; omitted: Omitted } {
    const { memory, options } = this
    const { type, rows } = column
    const order = arena.allocate(rows * 4)
    memory.kernels.fillRange(0, 1, rows, order)
    const values: Value[] = []
    let omitted: number = nullMask
    for (let row = 0; row < rows; row++) {
      if (memory.u8[expressions + row] === 0) continue
      const text = spanText(spans, row, arena)
      let value: Value = type.default
      if (/^default$/i.test(text)) {
        if (omitted === 0) omitted = arena.allocateZeroed(rows)
        memory.u8[omitted + row] = 1
      } else if (/^null$/i.test(text)) {
        const accepts = type instanceof NullableType || (type instanceof LowCardinalityType && type.isNullable)
        value = accepts ? null : type.default
      } else {
        if (!options.evaluate || !options.settings.input_format_values_interpret_expressions)
          throw new FieldError('CANNOT_PARSE_INPUT_ASSERTION_FAILED', 'Cannot parse input', row, text, type)
        value = options.evaluate(text, type)
      }
      memory.u32[order / 4 + row] = rows + values.length
      values.push(value)
    }
    const all = concatColumns([column, columnOf(type, values, arena)], arena)
    return { column: all.gather(order, rows, arena), omitted: omitted || null }
  }
}

/** The spans, with those of expressions emptied. */
function copySpans(spans: Spans, expressions: number, arena: Arena): Spans {
  const { memory } = arena
  const { rows } = spans
  const copy = newSpans(rows, spans.base, arena)
  memory.u8.copyWithin(copy.starts, spans.starts, spans.starts + rows * 4)
  memory.u8.copyWithin(copy.ends, spans.ends, spans.ends + rows * 4)
  const { u8, u32 } = memory
  for (let row = 0; row < rows; row++) if (u8[expressions + row]) u32[copy.ends / 4 + row] = u32[copy.starts / 4 + row]
  return copy
}
