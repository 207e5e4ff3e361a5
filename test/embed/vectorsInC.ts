// Test vectors (test/vectors/README.md) as one C program over the core that wasm2c translated.

export type Piece = { type: string; values: (number | string)[] } | { hex: string } | { room: number }
export interface Vector {
  name: string
  buffers: Record<string, Piece>
  calls: { call: string; args: (number | string)[]; returns?: number; as?: string }[]
  expect: Record<string, Piece>
}

const words: Record<string, string> = { nan: 'NAN', inf: 'INFINITY', '-inf': '-INFINITY', '-0': '-0.0' }
const types: Record<string, string> = { i8: 's8', i16: 's16', i32: 's32', i64: 's64' }

function literal(value: number | string, type: string): string {
  const text = words[value] ?? String(value)
  if (type === 'i64') return `(s64)${BigInt.asUintN(64, BigInt(text))}ull`
  if (type[0] === 'f') return /^-?\d+$/.test(text) ? `${text}.0` : text
  return type === 'u64' ? `${text}ull` : `${text}ll`
}

/** A declaration of what the piece holds, and its size in bytes. */
function data(name: string, piece: Piece): { declared: string; size: string } {
  if ('room' in piece) return { declared: '', size: String(piece.room) }
  const isHex = 'hex' in piece
  const values = isHex
    ? (piece.hex.match(/../g) ?? []).map(byte => `0x${byte}`)
    : piece.values.map(value => literal(value, piece.type))
  const type = isHex ? 'u8' : (types[piece.type] ?? piece.type)
  // An array of none is no C.
  const declared = `  static const ${type} ${name}[] = {${values.length > 0 ? values.join(', ') : '0'}};\n`
  return { declared, size: values.length > 0 ? `sizeof ${name}` : '0' }
}

function inC(vector: Vector, number: number): string {
  const lines = Object.entries(vector.buffers).map(([name, piece]) => {
    const { declared, size } = data(`in_${name}`, piece)
    const from = 'room' in piece ? 'NULL' : `in_${name}`
    return `${declared}  const u32 ${name}_at = put(${from}, ${size});`
  })
  for (const [at, { call, args, returns, as }] of vector.calls.entries()) {
    const given = args.map(arg => (typeof arg === 'number' ? arg : arg === 'arena' ? 'arena' : `${arg}_at`))
    const called = `w2c_granary_${call}(${['&core', ...given].join(', ')})`
    if (as) lines.push(`  const u32 ${as}_at = ${called};`)
    else if (returns === undefined) lines.push(`  ${called};`)
    // Results of i32 come as u32, and -1 with them.
    else
      lines.push(
        `  const f64 result${at} = ${called};`,
        `  check(result${at} == ${returns}.0 || result${at} == (u32)${returns}ll);`,
      )
  }
  for (const [name, piece] of Object.entries(vector.expect)) {
    const { declared, size } = data(`out_${name}`, piece)
    lines.push(`${declared}  check(memcmp(host.memory.data + ${name}_at, out_${name}, ${size}) == 0);`)
  }
  return `static void vector${number}(void) {\n  name = ${JSON.stringify(vector.name)};\n${lines.join('\n')}\n}\n`
}

export function vectorsInC(vectors: readonly Vector[]): string {
  return `#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "granary.h"

struct w2c_env { wasm_rt_memory_t memory; };
static struct w2c_env host;
wasm_rt_memory_t *w2c_env_memory(struct w2c_env *env) { return &env->memory; }
static w2c_granary core;
static u32 arena;
static const char *name;

static void check(bool holds) {
  if (holds) return;
  fprintf(stderr, "fails: %s\\n", name);
  exit(1);
}

static u32 put(const void *bytes, u32 size) {
  const u32 address = w2c_granary_arenaAllocate(&core, arena, size);
  check(address != 0);
  if (bytes == NULL) memset(host.memory.data + address, 0, size);
  else memcpy(host.memory.data + address, bytes, size);
  return address;
}

${vectors.map(inC).join('\n')}
static void (*const all[])(void) = {${vectors.map((_, at) => `vector${at}`).join(', ')}};

int main(void) {
  if (!wasm_rt_allocate_memory(&host.memory, 1, 32768)) return 1;
  wasm2c_granary_instantiate(&core, &host);
  const u32 heap = w2c_granary_heapCreate(&core, 1024, 16);
  arena = w2c_granary_heapTake(&core, heap, 1);
  for (u32 at = 0; at < ${vectors.length}; at++) {
    w2c_granary_arenaInit(&core, arena, heap, 0);
    all[at]();
    w2c_granary_arenaDestroy(&core, arena);
  }
  puts("${vectors.length} vectors hold");
  return 0;
}
`
}
