// Writes test/vectors/*.json (test/vectors/README.md has the form): inputs of the core's functions and results that come from elsewhere,
// from ClickHouse (npm's chdb, in $GRANARY_ORACLE or test/oracle/node_modules), lz4js, or plain JavaScript here.
//   node build/vectors.mjs
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import lz4 from 'lz4js'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const oracle = createRequire(path.join(process.env.GRANARY_ORACLE ?? path.join(root, 'test/oracle/node_modules'), 'x'))
const { Session } = oracle('chdb')
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-vectors-'))
const session = new Session(directory)
const ask = sql => session.query(sql, 'TabSeparated').trimEnd()
const askRows = sql => ask(sql).split('\n')

/** Repeatable numbers in [0, 1): mulberry32. */
function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const upTo = count => Array.from({ length: count }, (_, at) => at)
const shown = value =>
  typeof value === 'bigint' ? String(value) : Number.isFinite(value) && !Object.is(value, -0) ? value : floatName(value)
function floatName(value) {
  if (Number.isNaN(value)) return 'nan'
  return value === 0 ? '-0' : value > 0 ? 'inf' : '-inf'
}
const packed = (type, values) => ({ type, values: values.map(shown) })
const hex = bytes => ({ hex: Buffer.from(bytes).toString('hex') })
const room = size => ({ room: size })
const text = string => hex(Buffer.from(string))
/** A string column: its offsets and bytes. */
function strings(values) {
  const parts = values.map(value => Buffer.from(value))
  const offsets = [0]
  for (const part of parts) offsets.push(offsets[offsets.length - 1] + part.length)
  return { offsets: packed('u32', offsets), bytes: hex(Buffer.concat(parts)), size: offsets[parts.length] }
}
const call = (name, args, returns) => ({ call: name, args, ...(returns === undefined ? {} : { returns }) })
const bits = {
  i8: [8, true],
  i16: [16, true],
  i32: [32, true],
  i64: [64, true],
  u8: [8],
  u16: [16],
  u32: [32],
  u64: [64],
}
/** Values of a type, its limits among them. 64-bit ones are bigints. */
function sample(type, rows, seed) {
  const next = random(seed)
  if (type[0] === 'f') {
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1.5]
    return upTo(rows).map(() => (next() < 0.3 ? special[Math.floor(next() * 6)] : Math.floor(next() * 2000 - 1000) / 4))
  }
  const [width, isSigned] = bits[type]
  const low = isSigned ? -(2n ** BigInt(width - 1)) : 0n
  const high = low + 2n ** BigInt(width) - 1n
  return upTo(rows).map(() => {
    const pick = next()
    const value = pick < 0.1 ? low : pick < 0.2 ? high : BigInt(Math.floor(next() * 100)) + (isSigned ? -50n : 0n)
    return width === 64 ? value : Number(value)
  })
}
const suffix = type => type.toUpperCase()

function compareAndFilter() {
  const vectors = []
  const operators = [
    ['equal', (a, b) => a === b],
    ['less', (a, b) => a < b],
    ['greaterOrEqual', (a, b) => a >= b],
  ]
  for (const [at, type] of ['i32', 'u8', 'u64', 'f64'].entries())
    for (const [name, operator] of operators) {
      const rows = 17
      const [a, b] = [sample(type, rows, at * 10 + 1), sample(type, rows, at * 10 + 2)]
      vectors.push({
        name: `${name}${suffix(type)}`,
        buffers: { a: packed(type, a), b: packed(type, b), out: room(rows) },
        calls: [call(`${name}${suffix(type)}`, ['a', 'b', 'out', rows])],
        expect: {
          out: packed(
            'u8',
            a.map((value, row) => Number(operator(value, b[row]))),
          ),
        },
      })
      vectors.push({
        name: `${name}Const${suffix(type)}`,
        buffers: { a: packed(type, a), b: packed(type, b.slice(0, 1)), out: room(rows) },
        calls: [call(`${name}Const${suffix(type)}`, ['a', 'b', 'out', rows])],
        expect: {
          out: packed(
            'u8',
            a.map(value => Number(operator(value, b[0]))),
          ),
        },
      })
    }
  const mask = upTo(40).map(row => Number(row % 3 === 0 || row > 30))
  for (const [width, type] of [
    [1, 'u8'],
    [2, 'u16'],
    [4, 'u32'],
    [8, 'u64'],
  ]) {
    const values = sample(type, 40, width)
    const kept = values.filter((_, row) => mask[row])
    vectors.push({
      name: `filter${width}`,
      buffers: { values: packed(type, values), mask: packed('u8', mask), out: room(40 * width) },
      calls: [
        call('countMask', ['mask', 40], kept.length),
        call(`filter${width}`, ['values', 'mask', 'out', 40], kept.length),
      ],
      expect: { out: packed(type, kept) },
    })
  }
  const words = upTo(40).map(row => 'x'.repeat(row % 5) + row)
  const kept = strings(words.filter((_, row) => mask[row]))
  const column = strings(words)
  vectors.push({
    name: 'filterStrings',
    buffers: {
      offsets: column.offsets,
      bytes: column.bytes,
      mask: packed('u8', mask),
      outOffsets: room(41 * 4),
      outBytes: room(column.size),
    },
    calls: [
      call('filterStringsSize', ['offsets', 'mask', 40], kept.size),
      call('filterStrings', ['offsets', 'bytes', 'mask', 'outOffsets', 'outBytes', 40], mask.filter(Boolean).length),
    ],
    expect: { outOffsets: kept.offsets, outBytes: kept.bytes },
  })
  vectors.push({
    name: 'maskAnd, maskNot, maskToIndices',
    buffers: {
      a: packed('u8', mask),
      b: packed(
        'u8',
        mask.map((_, row) => row % 2),
      ),
      out: room(64),
      rows: room(256),
    },
    calls: [
      call('maskNot', ['b', 'out', 40]),
      call('maskAnd', ['a', 'out', 'out', 40]),
      call('maskToIndices', ['out', 40, 'rows'], mask.filter((bit, row) => bit && row % 2 === 0).length),
    ],
    expect: {
      rows: packed(
        'u32',
        upTo(40).filter(row => mask[row] && row % 2 === 0),
      ),
    },
  })
  return { source: 'plain JavaScript', vectors }
}

function aggregates() {
  const vectors = []
  for (const [at, type] of ['i8', 'u16', 'i32', 'i64', 'f64'].entries()) {
    const rows = 37
    const values = type === 'f64' ? upTo(rows).map(row => row * 0.5 - 4) : sample(type, rows, at + 1)
    const isFloat = type === 'f64'
    const state = isFloat ? 'f64' : type[0] === 'u' ? 'u64' : 'i64'
    const wrap = value => (isFloat ? value : state === 'u64' ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value))
    const zero = isFloat ? 0 : 0n
    const total = list => wrap(list.reduce((sum, value) => sum + (isFloat ? value : BigInt(value)), zero))
    vectors.push({
      name: `sum${suffix(type)} adds to the state`,
      buffers: { state: packed(state, [isFloat ? 1 : 1n]), values: packed(type, values) },
      calls: [call(`sum${suffix(type)}`, ['state', 'values', rows])],
      expect: { state: packed(state, [wrap(total(values) + (isFloat ? 1 : 1n))]) },
    })
    const ids = upTo(rows).map(row => (row * 7) % 3)
    const groups = [0, 1, 2].map(id => values.filter((_, row) => ids[row] === id))
    vectors.push({
      name: `sum${suffix(type)}Grouped, countGrouped and the average of both`,
      buffers: {
        sums: room(24),
        counts: room(24),
        averages: room(24),
        ids: packed('u32', ids),
        values: packed(type, values),
      },
      calls: [
        call(`sum${suffix(type)}Grouped`, ['sums', 'ids', 'values', rows]),
        call('countGrouped', ['counts', 'ids', rows]),
        call(`average${suffix(state)}`, ['sums', 'counts', 3, 'averages']),
      ],
      expect: {
        sums: packed(state, groups.map(total)),
        counts: packed(
          'u64',
          groups.map(list => BigInt(list.length)),
        ),
        averages: packed(
          'f64',
          groups.map(list => Number(total(list)) / list.length),
        ),
      },
    })
    const least = list => list.reduce((a, b) => (b < a ? b : a))
    const most = list => list.reduce((a, b) => (b > a ? b : a))
    for (const [name, pick] of [
      ['min', least],
      ['max', most],
    ])
      vectors.push({
        name: `${name}${suffix(type)} and ${name}${suffix(type)}Grouped`,
        buffers: {
          state: room(8),
          flag: room(1),
          states: room(24),
          flags: room(3),
          ids: packed('u32', ids),
          values: packed(type, values),
        },
        calls: [
          call(`${name}${suffix(type)}`, ['state', 'flag', 'values', rows]),
          call(`${name}${suffix(type)}Grouped`, ['states', 'flags', 'ids', 'values', rows]),
        ],
        expect: {
          state: packed(type, [pick(values)]),
          flag: packed('u8', [1]),
          states: packed(type, groups.map(pick)),
          flags: packed('u8', [1, 1, 1]),
        },
      })
  }
  return { source: 'plain JavaScript', vectors }
}

function groupTables() {
  const next = random(5)
  const idsOf = keys => {
    const seen = new Map()
    for (const key of keys) if (!seen.has(key)) seen.set(key, seen.size)
    const ids = keys.map(key => seen.get(key))
    return { ids, distinct: [...seen.keys()] }
  }
  const rows = 60
  const numbers = upTo(rows).map(() => Math.floor(next() * 20) * 1000003)
  const plain = idsOf(numbers)
  const missing = [numbers[3], 5, numbers[7]]
  const words = upTo(rows).map(
    () => ['', 'a', 'ab', 'granary', 'a rather long key, of more than 16 bytes', 'é'][Math.floor(next() * 6)],
  )
  const named = idsOf(words)
  const column = strings(words)
  const keys = strings(named.distinct)
  return {
    source: 'plain JavaScript (a Map)',
    vectors: [
      {
        name: 'keys of 4 bytes: ids in the order of first sight, keys in the order of ids',
        buffers: { keys: packed('u32', numbers), ids: room(rows * 4), asked: packed('u32', missing), found: room(12) },
        calls: [
          { ...call('groupTableCreate4', ['arena', 0]), as: 'table' },
          call('groupTableUpsert4', ['table', 'keys', rows, 'ids'], plain.distinct.length),
          call('groupTableSize', ['table'], plain.distinct.length),
          { ...call('groupTableKeys', ['table']), as: 'distinct' },
          call('groupTableFind4', ['table', 'asked', 3, 'found']),
        ],
        expect: {
          ids: packed('u32', plain.ids),
          distinct: packed('u32', plain.distinct),
          found: packed(
            'u32',
            missing.map(key => (plain.distinct.includes(key) ? plain.distinct.indexOf(key) : 0xffffffff)),
          ),
        },
      },
      {
        name: 'keys of 8 bytes',
        buffers: {
          keys: packed(
            'u64',
            numbers.map(value => BigInt(value) << 20n),
          ),
          ids: room(rows * 4),
        },
        calls: [
          { ...call('groupTableCreate8', ['arena', 0]), as: 'table' },
          call('groupTableUpsert8', ['table', 'keys', rows, 'ids'], plain.distinct.length),
        ],
        expect: { ids: packed('u32', plain.ids) },
      },
      {
        name: 'strings',
        buffers: { offsets: column.offsets, bytes: column.bytes, ids: room(rows * 4) },
        calls: [
          { ...call('groupTableCreateString', ['arena', 0]), as: 'table' },
          call('groupTableUpsertString', ['table', 'offsets', 'bytes', rows, 'ids'], named.distinct.length),
          { ...call('groupTableKeys', ['table']), as: 'keyOffsets' },
          { ...call('groupTableBytes', ['table']), as: 'keyBytes' },
        ],
        expect: { ids: packed('u32', named.ids), keyOffsets: keys.offsets, keyBytes: keys.bytes },
      },
    ],
  }
}

function markSearch() {
  const marks = [-50, -3, -3, 0, 7, 7, 7, 100]
  const vectors = [-51, -3, 7, 8, 101].map(key => {
    const first = holds => marks.findIndex(holds)
    const lower = first(mark => mark >= key)
    const upper = first(mark => mark > key)
    return {
      name: `the marks of ${key}`,
      buffers: { keys: packed('i32', marks), key: packed('i32', [key]) },
      calls: [
        call('lowerBoundI32', ['keys', 0, marks.length, 'key'], lower < 0 ? marks.length : lower),
        call('upperBoundI32', ['keys', 0, marks.length, 'key'], upper < 0 ? marks.length : upper),
      ],
      expect: {},
    }
  })
  const names = strings(['', 'ab', 'abc', 'b', 'b'])
  vectors.push({
    name: 'marks of strings',
    buffers: { offsets: names.offsets, bytes: names.bytes, key: text('b') },
    calls: [
      call('lowerBoundStrings', ['offsets', 'bytes', 0, 5, 'key', 1], 3),
      call('upperBoundStrings', ['offsets', 'bytes', 0, 5, 'key', 1], 5),
    ],
    expect: {},
  })
  return { source: 'plain JavaScript', vectors }
}

function lz4Blocks() {
  const samples = [
    Buffer.from('granary granary granary granary granary!'),
    Buffer.alloc(300, 'ab'),
    Buffer.from(upTo(700).map(at => (at * at) % 251)),
  ]
  const vectors = samples.map(plain => {
    const target = new Uint8Array(lz4.compressBound(plain.length))
    const size = lz4.compressBlock(plain, target, 0, plain.length, new Uint32Array(65536))
    // lz4js gives 0 where it would not get smaller: then a block of literals, by the format's description.
    const extra = plain.length - 15
    const literals = [0xf0, ...upTo(Math.floor(extra / 255)).map(() => 255), extra % 255, ...plain]
    const block = size > 0 ? target.subarray(0, size) : Uint8Array.from(literals)
    return {
      name: `a block of ${plain.length} bytes, decompressed; compressed and decompressed again`,
      buffers: {
        block: hex(block),
        plain: hex(plain),
        out: room(plain.length),
        packed: room(lz4.compressBound(plain.length)),
        table: room(65536),
        again: room(plain.length),
      },
      calls: [
        call('lz4Decompress', ['block', block.length, 'out', plain.length], plain.length),
        call('lz4Decompress', ['block', block.length, 'again', plain.length - 1], -1),
        {
          ...call('lz4Compress', ['plain', plain.length, 'packed', lz4.compressBound(plain.length), 'table']),
          as: 'size',
        },
        call('lz4Decompress', ['packed', 'size', 'again', plain.length], plain.length),
      ],
      expect: { out: hex(plain), again: hex(plain) },
    }
  })
  return { source: 'blocks of lz4js', vectors }
}

/** The frames of ClickHouse's file of a column: 16 bytes of checksum, u8 method, u32 size with these 9 bytes, u32 plain size, payload. */
function frames(expression, type, codec) {
  ask(`CREATE OR REPLACE TABLE v.c (x ${type} CODEC(${codec})) ENGINE = MergeTree ORDER BY tuple()
    SETTINGS min_bytes_for_wide_part = 0, min_rows_for_wide_part = 0, ratio_of_defaults_for_sparse_serialization = 1`)
  ask(`INSERT INTO v.c SELECT ${expression} FROM numbers(50)`)
  const [place] = askRows(`SELECT path FROM system.parts WHERE database = 'v' AND table = 'c' AND active`)
  const file = fs.readFileSync(path.join(directory, path.relative(directory, path.resolve(directory, place)), 'x.bin'))
  const size = file.readUInt32LE(17)
  return {
    checksum: file.subarray(0, 16),
    hashed: file.subarray(16, 16 + size),
    payload: file.subarray(25, 16 + size),
    plainSize: file.readUInt32LE(21),
  }
}

const codecCases = [
  ['deltaDecode', 'Delta', 'UInt32', 'toUInt32(1000 + number * 3)', 'u32', at => 1000 + at * 3],
  [
    'doubleDeltaDecode',
    'DoubleDelta',
    'Int64',
    'toInt64(number * number * 100 - 7)',
    'i64',
    at => BigInt(at * at * 100 - 7),
  ],
  ['doubleDeltaDecode', 'DoubleDelta', 'UInt16', 'toUInt16(number * 60)', 'u16', at => at * 60],
  ['gorillaDecode', 'Gorilla', 'Float64', '20 + (number % 7) / 4', 'f64', at => 20 + (at % 7) / 4],
  ['t64Decode', 'T64', 'Int32', 'toInt32(number % 11) - 5', 'i32', at => (at % 11) - 5],
  ['t64Decode', "T64('bit')", 'UInt64', 'toUInt64(number * 5 + 1000000)', 'u64', at => BigInt(at * 5 + 1000000)],
  ['gcdDecode', 'GCD', 'UInt32', 'toUInt32(number * 12)', 'u32', at => at * 12],
  ['lz4Decompress', 'LZ4', 'UInt32', 'toUInt32(intDiv(number, 10))', 'u32', at => Math.floor(at / 10)],
]

function codecs() {
  const vectors = codecCases.map(([name, codec, type, expression, plainType, value]) => {
    const { payload, plainSize } = frames(expression, type, codec)
    return {
      name: `${name} of a frame that ClickHouse wrote: ${type} CODEC(${codec})`,
      buffers: { payload: hex(payload), out: room(plainSize) },
      calls: [call(name, ['payload', payload.length, 'out', plainSize], plainSize)],
      expect: { out: packed(plainType, upTo(50).map(value)) },
    }
  })
  return { source: 'frames of ClickHouse, the plain values by plain JavaScript', vectors }
}

function hashes() {
  const inputs = [
    '',
    'a',
    'granary',
    'abcdefgh',
    'x'.repeat(17),
    'The quick brown fox jumps over the lazy dog',
    'y'.repeat(130),
  ]
  const column = strings(inputs)
  const of = name =>
    askRows(`SELECT ${name}(x) FROM (SELECT arrayJoin([${inputs.map(x => `'${x}'`).join()}]) AS x)`).map(BigInt)
  const vectors = ['cityHash64', 'sipHash64', 'xxHash64'].map(name => ({
    name: `${name} of a column of strings`,
    buffers: { offsets: column.offsets, bytes: column.bytes, out: room(inputs.length * 8) },
    calls: [call(`${name}Strings`, ['offsets', 'bytes', inputs.length, ...(name === 'xxHash64' ? [0] : []), 'out'])],
    expect: { out: packed('u64', of(name)) },
  }))
  for (const [, codec, type, expression] of codecCases) {
    const { checksum, hashed } = frames(expression, type, codec)
    vectors.push({
      name: `cityHash128 of a frame, which stands before it: ${type} CODEC(${codec})`,
      buffers: { bytes: hex(hashed), out: room(16) },
      calls: [call('cityHash128', ['bytes', hashed.length, 'out'])],
      expect: { out: hex(checksum) },
    })
  }
  return { source: 'ClickHouse: its functions, and the checksums of its frames', vectors }
}

function bitmaps() {
  const sets = [
    upTo(40).map(at => at * 1000),
    [...upTo(5000).map(at => at * 3), 4294967295],
    upTo(300).map(at => at * 500),
  ]
  // What ClickHouse writes for a set of more than 32 numbers: u8 1, varint size, then the portable form.
  const portable = set => {
    const bytes = Buffer.from(
      ask(`SELECT hex(groupBitmapState(toUInt32(x))) FROM (SELECT arrayJoin([${set}]) AS x)`),
      'hex',
    )
    let at = 1
    while (bytes[at] & 128) at++
    return bytes.subarray(at + 1)
  }
  const ascending = set => [...set].sort((a, b) => a - b)
  const vectors = [0, 1].map(number => {
    const set = ascending(sets[number])
    const bytes = portable(sets[number])
    const asked = [set[0], set[0] + 1, 3000, 4294967295]
    const count = Math.min(set.length, 60)
    return {
      name: `a bitmap of ${set.length} values, read, asked and written`,
      buffers: {
        source: hex(bytes),
        bitmap: room(32),
        asked: packed('u32', asked),
        answers: room(4),
        values: room(set.length * 4),
        again: room(bytes.length),
      },
      calls: [
        call('roaringInit', ['bitmap', 'arena']),
        call('roaringDeserialize', ['bitmap', 'source', bytes.length], bytes.length),
        call('roaringCardinality', ['bitmap'], set.length),
        call('roaringMax', ['bitmap'], set[set.length - 1]),
        call('roaringSelect', ['bitmap', 2], set[2]),
        call('roaringRank', ['bitmap', set[3]], 4),
        call('roaringContainsMany', ['bitmap', 'asked', 4, 'answers']),
        call('roaringToArray', ['bitmap', 'values'], set.length),
        call('roaringSerializedSize', ['bitmap'], bytes.length),
        call('roaringSerialize', ['bitmap', 'again'], bytes.length),
      ],
      expect: {
        again: hex(bytes.subarray(0, 100)),
        answers: packed(
          'u8',
          asked.map(value => Number(set.includes(value))),
        ),
        values: packed('u32', set.slice(0, count)),
      },
    }
  })
  const added = [5, 1, 4294967295, 65536, 5, 70000]
  const distinct = ascending(new Set(added))
  vectors.push({
    name: 'values added in any order, some twice; bytes that are no bitmap',
    buffers: {
      bitmap: room(32),
      values: packed('u32', added),
      out: room(32),
      bad: text('not a bitmap at all'),
      other: room(32),
    },
    calls: [
      call('roaringInit', ['bitmap', 'arena']),
      call('roaringAddMany', ['bitmap', 'values', added.length], 0),
      call('roaringToArray', ['bitmap', 'out'], distinct.length),
      call('roaringInit', ['other', 'arena']),
      call('roaringDeserialize', ['other', 'bad', 19], -1),
    ],
    expect: { out: packed('u32', distinct) },
  })
  const [a, b] = [sets[0], sets[2]]
  for (const [name, holds] of [
    ['roaringAnd', (x, y) => x && y],
    ['roaringOr', (x, y) => x || y],
    ['roaringXor', (x, y) => x !== y],
    ['roaringAndNot', (x, y) => x && !y],
  ]) {
    const [left, right] = [new Set(a), new Set(b)]
    const both = ascending(new Set([...a, ...b])).filter(value => holds(left.has(value), right.has(value)))
    const bytes = [portable(a), portable(b)]
    vectors.push({
      name,
      buffers: {
        a: hex(bytes[0]),
        b: hex(bytes[1]),
        left: room(32),
        right: room(32),
        out: room(32),
        values: room(both.length * 4),
      },
      calls: [
        call('roaringInit', ['left', 'arena']),
        call('roaringInit', ['right', 'arena']),
        call('roaringInit', ['out', 'arena']),
        call('roaringDeserialize', ['left', 'a', bytes[0].length], bytes[0].length),
        call('roaringDeserialize', ['right', 'b', bytes[1].length], bytes[1].length),
        call(name, ['left', 'right', 'out'], 0),
        call('roaringCardinality', ['out'], both.length),
        call('roaringToArray', ['out', 'values'], both.length),
      ],
      expect: { values: packed('u32', both.slice(0, 60)) },
    })
  }
  return { source: 'the portable form as ClickHouse writes it; sets by plain JavaScript', vectors }
}

function sorting() {
  const vectors = []
  for (const [at, type] of ['i32', 'u64', 'f64'].entries())
    for (const descending of [0, 1]) {
      const rows = 50
      const values = sample(type, rows, at + 40)
      const number = value => (Object.is(value, -0) ? 0 : value)
      const isNan = value => Number.isNaN(value)
      const order = upTo(rows).sort((x, y) => {
        const [a, b] = [number(values[x]), number(values[y])]
        if (isNan(a) || isNan(b)) return Number(isNan(a)) - Number(isNan(b)) || x - y
        return (a < b ? -1 : a > b ? 1 : 0) * (descending ? -1 : 1) || x - y
      })
      vectors.push({
        name: `rows sorted by ${type}, ${descending ? 'descending' : 'ascending'}`,
        buffers: { values: packed(type, values), keys: room(rows * 8), order: packed('u32', upTo(rows)) },
        calls: [
          call(`sortKeys${suffix(type)}`, ['values', rows, 'keys', descending, ...(type === 'f64' ? [0] : [])]),
          call('sortByKeys', ['arena', 'keys', 'order', rows], 0),
        ],
        expect: { order: packed('u32', order) },
      })
    }
  const values = sample('i32', 64, 99)
  const limit = [...values].sort((a, b) => a - b)[9]
  const rows = upTo(64).filter(row => values[row] <= limit)
  vectors.push({
    name: 'top-n: the rows that are not above a limit',
    buffers: {
      values: packed('i32', values),
      keys: room(512),
      limit: packed('i32', [limit]),
      limitKey: room(8),
      rows: room(260),
    },
    calls: [
      call('sortKeysI32', ['values', 64, 'keys', 0]),
      call('sortKeysI32', ['limit', 1, 'limitKey', 0]),
      call('keysNotAbove', ['keys', 64, 'limitKey', 'rows'], rows.length),
    ],
    expect: { rows: packed('u32', rows) },
  })
  return { source: 'plain JavaScript', vectors }
}

function searching() {
  const lines = [
    '',
    'granary',
    'a granary, a granary',
    'Granary',
    'grana',
    'ry',
    'é granary',
    'x'.repeat(40) + 'granary',
  ]
  const column = strings(lines)
  const needle = 'granary'
  const list = lines.map(line => `'${line}'`).join()
  const of = (name, expression) =>
    askRows(`SELECT ${name}(${expression}) FROM (SELECT arrayJoin([${list}]) AS x)`).map(BigInt)
  const positions = of('position', `x, '${needle}'`)
  const buffers = out => ({ offsets: column.offsets, bytes: column.bytes, needle: text(needle), out: room(out) })
  const rows = lines.length
  return {
    source: 'ClickHouse: position, positionCaseInsensitive, countSubstrings, lengthUTF8',
    vectors: [
      {
        name: 'containsString',
        buffers: buffers(rows),
        calls: [
          call('containsString', ['offsets', 'bytes', rows, 'needle', 7, 'out'], positions.filter(Boolean).length),
        ],
        expect: {
          out: packed(
            'u8',
            positions.map(position => Number(position > 0n)),
          ),
        },
      },
      {
        name: 'containsStringIgnoreCase',
        buffers: buffers(rows),
        calls: [call('containsStringIgnoreCase', ['offsets', 'bytes', rows, 'needle', 7, 'out'])],
        expect: {
          out: packed(
            'u8',
            of('positionCaseInsensitive', `x, '${needle}'`).map(position => Number(position > 0n)),
          ),
        },
      },
      {
        name: 'positionString',
        buffers: buffers(rows * 8),
        calls: [call('positionString', ['offsets', 'bytes', rows, 'needle', 7, 'out', 0])],
        expect: { out: packed('u64', positions) },
      },
      {
        name: 'countString',
        buffers: buffers(rows * 8),
        calls: [call('countString', ['offsets', 'bytes', rows, 'needle', 7, 'out', 0])],
        expect: { out: packed('u64', of('countSubstrings', `x, '${needle}'`)) },
      },
      {
        name: 'lengthUtf8',
        buffers: buffers(rows * 8),
        calls: [call('lengthUtf8', ['offsets', 'bytes', rows, 'out'])],
        expect: { out: packed('u64', of('lengthUTF8', 'x')) },
      },
    ],
  }
}

function numbersAsText() {
  const vectors = []
  const spans = fields => {
    const column = strings(fields)
    const { values } = column.offsets
    return { starts: packed('u32', values.slice(0, -1)), ends: packed('u32', values.slice(1)), bytes: column.bytes }
  }
  const parse = (name, type, fields, expression, width) => {
    const expected = askRows(
      `SELECT reinterpretAsUInt64(${expression}) FROM (SELECT arrayJoin([${fields.map(field => `'${field}'`).join()}]) AS x)`,
    ).map(BigInt)
    vectors.push({
      name: `${name}: text to ${type}`,
      buffers: { ...spans(fields), out: room(fields.length * width) },
      calls: [call(name, ['starts', 'ends', 'bytes', fields.length, 'out'], fields.length)],
      expect: { out: packed(width === 8 ? 'u64' : 'u32', width === 8 ? expected : expected.map(Number)) },
    })
  }
  const floats = [
    '0',
    '-0',
    '1',
    '0.1',
    '1e10',
    '3.141592653589793',
    '2.2250738585072014e-308',
    '1.7976931348623157e308',
    '5e-324',
    '-1.5',
    'inf',
    '123456789012345678',
    '0.30000000000000004',
  ]
  parse('parseF64', 'f64', floats, 'toFloat64(x)', 8)
  parse('parseF32', 'f32', ['0', '0.1', '16777217', '3.4028235e38', '1e-45', '-2.5'], 'toFloat32(x)', 4)
  parse('parseI64', 'i64', ['0', '-1', '9223372036854775807', '-9223372036854775808', '12345678901'], 'toInt64(x)', 8)
  parse('parseU32', 'u32', ['0', '4294967295', '10', '99999999'], 'toUInt32(x)', 4)
  vectors.push({
    name: 'parseI32: the first bad field is told',
    buffers: { ...spans(['1', '2x', '3']), out: room(12) },
    calls: [call('parseI32', ['starts', 'ends', 'bytes', 3, 'out'], -2)],
    expect: {},
  })
  const print = (name, type, values, expressions, size) => {
    const texts = askRows(`SELECT toString(arrayJoin([${expressions.join()}]))`)
    const column = strings(texts)
    vectors.push({
      name: `${name}: ${type} to text`,
      buffers: {
        values: packed(type, values),
        offsets: room((values.length + 1) * 4),
        out: room(values.length * size),
      },
      calls: [call(name, ['values', values.length, 'offsets', 'out'], column.size)],
      expect: { offsets: column.offsets, out: column.bytes },
    })
  }
  const doubles = [
    0, 1, 0.1, -1.5, 1e21, 1e-7, 123456789.125, 5e-324, 1.7976931348623157e308, 0.30000000000000004, 1e20,
  ]
  print(
    'printF64',
    'f64',
    doubles,
    doubles.map(value => `toFloat64('${value}')`),
    26,
  )
  const longs = [0n, -1n, 9223372036854775807n, -9223372036854775808n, 1000000n]
  print(
    'printI64',
    'i64',
    longs,
    longs.map(value => `toInt64('${value}')`),
    20,
  )
  const words = [0, 4294967295, 10, 99]
  print(
    'printU32',
    'u32',
    words,
    words.map(value => `toUInt32(${value})`),
    10,
  )
  return { source: 'ClickHouse: its conversions between numbers and text', vectors }
}

ask('CREATE DATABASE v')
ask('SET allow_suspicious_codecs = 1')
const files = {
  filter: ['Comparisons, masks, filters', compareAndFilter],
  aggregate: ['Sums, counts, averages, least and greatest values', aggregates],
  groupTable: ['Group-by tables', groupTables],
  markSearch: ['Searches of the sparse index', markSearch],
  lz4: ['LZ4 blocks', lz4Blocks],
  codecs: ["ClickHouse's codecs, decoded", codecs],
  hashes: ['Hashes', hashes],
  roaring: ['Roaring bitmaps', bitmaps],
  sort: ['Sorting and top-n', sorting],
  search: ['String search', searching],
  numbers: ['Numbers read and written', numbersAsText],
}
try {
  for (const [name, [about, make]] of Object.entries(files)) {
    const { source, vectors } = make()
    const lines = vectors.map(vector => `    ${JSON.stringify(vector)}`)
    const file = path.join(root, 'test/vectors', `${name}.json`)
    fs.writeFileSync(
      file,
      `{\n  "about": ${JSON.stringify(about)},\n  "source": ${JSON.stringify(source)},\n  "vectors": [\n${lines.join(',\n')}\n  ]\n}\n`,
    )
    console.log(
      `${String(vectors.length).padStart(3)} vectors, ${(fs.statSync(file).size / 1024).toFixed(1)} KB: ${name}`,
    )
  }
} finally {
  session.cleanup?.()
  fs.rmSync(directory, { recursive: true, force: true })
}
