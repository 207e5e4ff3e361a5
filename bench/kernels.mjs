// Throughput of the byte kernels, one thread, warmed: node bench/kernels.mjs [FILE.tsv] [--only lz4,hashes,...]
// Compiles nothing: run `npm run build:core` first.
import fs from 'node:fs'

const file = process.argv[2]?.startsWith('-') ? undefined : process.argv[2]
const onlyAt = process.argv.indexOf('--only')
const only = onlyAt < 0 ? null : process.argv[onlyAt + 1].split(',')
const memory = new WebAssembly.Memory({ initial: 1024, maximum: 32768 })
const { exports: k } = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync('dist/core/core.wasm')), {
  env: {
    memory,
    abort() {
      throw new Error('abort')
    },
  },
})
const heap = k.heapCreate(32767)
const page = k.heapTake(heap, 1)
k.arenaInit(page, heap, 0)
const allocate = size => {
  const pointer = k.arenaAllocate(page, size)
  if (pointer === 0) throw new Error('no memory')
  return pointer
}
const view = Type => new Type(memory.buffer)
const rand = (
  seed => () =>
    (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 4294967296
)(1)

/** Runs `body` until a second has passed, after a warm-up; prints MB/s over `bytes` and ns per row. */
function measure(name, bytes, rows, body) {
  const warm = performance.now()
  while (performance.now() - warm < 300) body()
  let best = Number.POSITIVE_INFINITY
  const start = performance.now()
  while (performance.now() - start < 700) {
    const at = performance.now()
    body()
    best = Math.min(best, performance.now() - at)
  }
  const perRow = rows ? `${((best * 1e6) / rows).toFixed(2)} ns/row` : ''
  console.log(`${name.padEnd(44)} ${(bytes / best / 1000).toFixed(0).padStart(7)} MB/s  ${perRow}`)
}

const families = {
  lz4() {
    const size = 16 << 20
    const data = tsv(size)
    for (const block of [65536, 1 << 20]) {
      const source = allocate(size)
      view(Uint8Array).set(data, source)
      const bound = k.lz4CompressBound(block)
      const table = allocate(65536)
      const blocks = size / block
      const packed = allocate(bound * blocks)
      const sizes = []
      const compress = () => {
        for (let i = 0; i < blocks; i++)
          sizes[i] = k.lz4Compress(source + i * block, block, packed + i * bound, bound, table)
      }
      measure(`lz4Compress ${block >> 10} KiB blocks`, size, 0, compress)
      const target = allocate(size)
      const ratio = size / sizes.reduce((a, b) => a + b, 0)
      measure(`lz4Decompress ${block >> 10} KiB blocks (ratio ${ratio.toFixed(2)})`, size, 0, () => {
        for (let i = 0; i < blocks; i++)
          if (k.lz4Decompress(packed + i * bound, sizes[i], target + i * block, block) !== block)
            throw new Error('corrupt')
      })
    }
  },
  hashes() {
    const size = 1 << 20
    const source = allocate(size)
    const out = allocate(size)
    view(Uint8Array).set(tsv(size), source)
    measure('cityHash64 1 MiB', size, 0, () => k.cityHash64(source, size, out))
    measure('cityHash128 1 MiB', size, 0, () => k.cityHash128(source, size, out))
    const state = allocate(k.chainedHashBytes())
    measure('chainedHash 1 MiB', size, 0, () => {
      k.chainedHashStart(state)
      k.chainedHash(state, source, size)
    })
    measure('sipHash64 1 MiB', size, 0, () => k.sipHash64(source, size, out))
    const rows = 65536
    const offsets = allocate((rows + 1) * 4)
    let at = 0
    for (let i = 0; i <= rows; i++) {
      view(Uint32Array)[offsets / 4 + i] = at
      at += Math.floor(rand() * 31)
    }
    const bytes = allocate(at)
    measure('cityHash64Strings, 0-30 bytes', at, rows, () => k.cityHash64Strings(offsets, bytes, rows, out))
    measure('sipHash64Strings, 0-30 bytes', at, rows, () => k.sipHash64Strings(offsets, bytes, rows, out))
    measure('intHash64U64', rows * 8, rows, () => k.intHash64U64(source, rows, out))
  },
  tsv() {
    const size = 16 << 20
    const source = allocate(size)
    view(Uint8Array).set(tsv(size), source)
    const bytes = view(Uint8Array)
    const columns = bytes.subarray(source, source + bytes.subarray(source).indexOf(10)).filter(b => b === 9).length + 1
    const rows = k.countLineFeeds(source, size)
    const stride = rows + 16
    const starts = allocate(columns * stride * 4)
    const ends = allocate(columns * stride * 4)
    const escapes = allocate(columns)
    const state = allocate(20)
    measure('countLineFeeds', size, rows, () => k.countLineFeeds(source, size))
    measure(`splitTsv, ${columns} columns (per field)`, size, rows * columns, () => {
      if (k.splitTsv(source, size, 0, columns, starts, ends, stride, rows, escapes, state) !== rows)
        throw new Error('rows')
    })
  },
  csvJson() {
    const rows = 20000
    const columns = 10
    let csv = ''
    let json = ''
    const names = Array.from({ length: columns }, (_, c) => `column${c}`)
    for (let r = 0; r < rows; r++) {
      const values = names.map((_, c) => (c % 2 ? Math.floor(rand() * 1e6) : `text ${Math.floor(rand() * 1e4)}`))
      csv += `${values.map(value => (typeof value === 'string' ? `"${value}"` : value)).join(',')}\n`
      json += `${JSON.stringify(Object.fromEntries(names.map((name, c) => [name, values[c]])))}\n`
    }
    const source = allocate(json.length + csv.length)
    const stride = rows + 16
    const starts = allocate(columns * stride * 4)
    const ends = allocate(columns * stride * 4)
    const kinds = allocate(columns * stride)
    const small = allocate(4096)
    view(Uint8Array).set(Buffer.from(csv), source)
    measure(`splitCsv, ${columns} columns (per field)`, csv.length, rows * columns, () => {
      if (k.splitCsv(source, csv.length, 1, 44, 3, columns, starts, ends, stride, rows, small, small + 64) !== rows)
        throw new Error('rows')
    })
    view(Uint8Array).set(Buffer.from(json), source)
    const nameOffsets = allocate((columns + 1) * 4)
    const nameBytes = allocate(1000)
    const table = allocate(64 * 4)
    let at = 0
    for (const [c, name] of names.entries()) {
      view(Uint32Array)[nameOffsets / 4 + c] = at
      view(Uint8Array).set(Buffer.from(name), nameBytes + at)
      at += name.length
    }
    view(Uint32Array)[nameOffsets / 4 + columns] = at
    k.jsonNames(nameOffsets, nameBytes, columns, table, 64)
    measure(`jsonRows, ${columns} columns (per field)`, json.length, rows * columns, () => {
      const got = k.jsonRows(
        source,
        json.length,
        1,
        columns,
        nameOffsets,
        nameBytes,
        table,
        64,
        starts,
        ends,
        kinds,
        stride,
        rows,
        small,
        small + 256,
      )
      if (got !== rows) throw new Error('rows')
    })
  },
  escapes() {
    const rows = 65536
    const source = allocate(4 << 20)
    view(Uint8Array).set(tsv(4 << 20), source)
    const offsets = allocate((rows + 1) * 4)
    for (let i = 0; i <= rows; i++) view(Uint32Array)[offsets / 4 + i] = i * 60
    const size = rows * 60
    const outOffsets = allocate((rows + 1) * 4)
    const out = allocate(size * 6)
    measure('escapeTsvExtra', size, rows, () => k.escapeTsvExtra(source, size))
    measure('escapeTsv, 60 bytes', size, rows, () => k.escapeTsv(offsets, source, rows, outOffsets, out))
    measure('escapeJson, 60 bytes', size, rows, () => k.escapeJson(offsets, source, rows, 1, outOffsets, out))
    const escaped = k.escapeTsv(offsets, source, rows, outOffsets, out)
    measure('unescapeTsv', escaped, rows, () => k.unescapeTsv(outOffsets, outOffsets + 4, out, rows, offsets, source))
    measure('copySpans, 60 bytes', size, rows, () => k.copySpans(offsets, offsets + 4, source, rows, outOffsets, out))
    const columns = 20
    const sources = allocate(columns * 8)
    const pieces = allocate((columns + 2) * 4)
    for (let c = 0; c < columns; c++) {
      const column = allocate((rows + 1) * 4)
      const bytes = allocate(rows * 12)
      let at = 0
      for (let i = 0; i <= rows; i++) {
        view(Uint32Array)[column / 4 + i] = at
        at += 1 + Math.floor(rand() * 9)
      }
      view(Uint32Array)[sources / 4 + c * 2] = column
      view(Uint32Array)[sources / 4 + c * 2 + 1] = bytes
    }
    for (let c = 0; c < columns + 2; c++) view(Uint32Array)[pieces / 4 + c] = c
    const total = k.joinRowsSize(sources, columns, rows, pieces)
    const joined = allocate(total)
    measure(`joinRows, ${columns} columns (per field)`, total, rows * columns, () =>
      k.joinRows(sources, columns, rows, pieces, source, 0, joined),
    )
  },
  numbers() {
    const rows = 65536
    const values = allocate(rows * 8)
    const offsets = allocate((rows + 1) * 4)
    const bytes = allocate(rows * 32)
    const again = allocate(rows * 8)
    const round = (name, print, parse) => {
      let size = 0
      measure(`print ${name}`, print(), rows, () => {
        size = print()
      })
      measure(`parse ${name}`, size, rows, () => {
        if (parse() !== rows) throw new Error('bad field')
      })
    }
    const plain = name =>
      round(
        name,
        () => k[`print${name}`](values, rows, offsets, bytes),
        () => k[`parse${name}`](offsets, offsets + 4, bytes, rows, again),
      )
    for (let i = 0; i < rows; i++) view(Uint8Array)[values + i] = Math.floor(rand() * 256)
    plain('U8')
    for (let i = 0; i < rows; i++)
      view(Uint32Array)[values / 4 + i] = Math.floor(rand() * 10 ** Math.floor(rand() * 10))
    plain('U32')
    for (let i = 0; i < rows; i++)
      view(BigInt64Array)[values / 8 + i] = BigInt(Math.floor((rand() - 0.5) * 2 ** 63)) * 2n
    plain('I64')
    for (let i = 0; i < rows; i++) view(Float64Array)[values / 8 + i] = Math.round(rand() * 1e6) / 1e3
    plain('F64')
    for (let i = 0; i < rows; i++) view(Float64Array)[values / 8 + i] = rand() * Math.PI
    round(
      'F64, 17 digits',
      () => k.printF64(values, rows, offsets, bytes),
      () => k.parseF64(offsets, offsets + 4, bytes, rows, again),
    )
    for (let i = 0; i < rows; i++) view(Float32Array)[values / 4 + i] = rand() * Math.PI
    plain('F32')
    for (let i = 0; i < rows; i++) view(Uint16Array)[values / 2 + i] = 15000 + Math.floor(rand() * 100)
    plain('Date')
    const zone = allocate(12)
    view(Uint8Array).fill(0, zone, zone + 12)
    for (let i = 0; i < rows; i++) view(Uint32Array)[values / 4 + i] = 1.37e9 + Math.floor(rand() * 1e6)
    round(
      'DateTime',
      () => k.printDateTime(values, rows, zone, zone + 8, 1, offsets, bytes),
      () => k.parseDateTime(offsets, offsets + 4, bytes, rows, zone, zone + 8, 1, again),
    )
    for (let i = 0; i < rows; i++) view(BigInt64Array)[values / 8 + i] = BigInt(Math.floor(1.37e12 + rand() * 1e9))
    round(
      'DateTime64(3)',
      () => k.printDateTime64(values, rows, zone, zone + 8, 1, 3, offsets, bytes),
      () => k.parseDateTime64(offsets, offsets + 4, bytes, rows, zone, zone + 8, 1, 3, again),
    )
    round(
      'Decimal64(4)',
      () => k.printDecimal(values, 8, 4, 0, rows, offsets, bytes),
      () => k.parseDecimal(offsets, offsets + 4, bytes, rows, 8, 18, 4, again),
    )
    const many = allocate(rows * 40)
    round(
      'UUID',
      () => k.printUuid(values, rows / 2, offsets, many),
      () => k.parseUuid(offsets, offsets + 4, many, rows / 2, again) * 2,
    )
    round(
      'IPv4',
      () => k.printIpv4(values, rows, offsets, bytes),
      () => k.parseIpv4(offsets, offsets + 4, bytes, rows, again),
    )
  },
}

/** The first bytes of the given file, or something like them. */
function tsv(size) {
  if (file) {
    const data = Buffer.alloc(size)
    const fd = fs.openSync(file, 'r')
    fs.readSync(fd, data, 0, size, 0)
    fs.closeSync(fd)
    return data
  }
  let text = ''
  while (text.length < size)
    text += `${Math.floor(rand() * 1e9)}\thttp://example.com/${Math.floor(rand() * 1000)}/page\t2013-07-${10 + Math.floor(rand() * 20)} 12:34:56\t\t${Math.floor(rand() * 3)}\n`
  return Buffer.from(text.slice(0, size))
}

for (const [name, run] of Object.entries(families)) if (!only || only.includes(name)) run()
