// Documents that other programs parse are valid UTF-8 whatever the strings hold.
import type { Memory } from '../core/memory.ts'
import { decodeText, encodeText } from '../core/text.ts'
import type { BlockWriter, FormatDefinition, Output } from './format.ts'
import type { FormatOptions } from './settings.ts'

/** Each run of bytes that are no UTF-8 becomes one replacement character. Pieces must not cut characters apart. */
class ValidOutput implements Output {
  constructor(
    readonly out: Output,
    readonly memory: Memory,
  ) {}

  push(bytes: Uint8Array): void {
    this.out.push(this.#isValid(bytes) ? bytes : this.#repaired(bytes))
  }

  #repaired(bytes: Uint8Array): Uint8Array {
    const broken = /[\ud800-\udbff][\udc00-\udfff]|[\udc80-\udcff]+/g
    return encodeText(decodeText(bytes.slice()).replace(broken, match => (match >= '\udc00' ? '\ufffd' : match)))
  }

  #isValid(bytes: Uint8Array): boolean {
    const { memory } = this
    if (bytes.buffer !== memory.u8.buffer) return bytes.every(byte => byte < 0x80)
    const offsets = memory.scratch()
    memory.u32[offsets / 4] = 0
    memory.u32[offsets / 4 + 1] = bytes.length
    memory.kernels.isValidUtf8(offsets, bytes.byteOffset, 1, offsets + 8)
    return memory.u8[offsets + 8] === 1
  }
}

/** The writer, its output made valid where `isWanted` says so. */
export function validUtf8(
  writer: NonNullable<FormatDefinition['writer']>,
  isWanted: (options: FormatOptions) => boolean = () => true,
): NonNullable<FormatDefinition['writer']> {
  return (schema, options, memory): BlockWriter => {
    const inner = writer(schema, options, memory)
    if (!isWanted(options)) return inner
    const through = (out: Output) => new ValidOutput(out, memory)
    return {
      begin: out => inner.begin(through(out)),
      chunk: (chunk, arena, out) => inner.chunk(chunk, arena, through(out)),
      totals: inner.totals && ((chunk, arena, out) => inner.totals?.(chunk, arena, through(out))),
      extremes: inner.extremes && ((chunk, arena, out) => inner.extremes?.(chunk, arena, through(out))),
      progress: inner.progress && ((progress, out) => inner.progress?.(progress, through(out))),
      end: (out, statistics) => inner.end(through(out), statistics),
      exception: inner.exception && ((message, out) => inner.exception?.(message, through(out))),
    }
  }
}
