import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena, type Memory } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'
import { printed, spansOf } from './spans.ts'

interface Zone {
  transitions: number
  offsets: number
  count: number
}

function writeZone(memory: Memory, arena: Arena, spans: [number, number][]): Zone {
  const transitions = arena.allocate(spans.length * 8)
  const offsets = arena.allocate(spans.length * 4)
  for (const [at, [start, offset]] of spans.entries()) {
    memory.i64[transitions / 8 + at] = BigInt(start)
    memory.i32[offsets / 4 + at] = offset
  }
  return { transitions, offsets, count: spans.length }
}

const utc: [number, number][] = [[0, 0]]
/** Berlin around 2020: winter, summer, winter, summer. */
const berlin: [number, number][] = [
  [0, 3600],
  [Date.UTC(2020, 2, 29, 1) / 1000, 7200],
  [Date.UTC(2020, 9, 25, 1) / 1000, 3600],
  [Date.UTC(2021, 2, 28, 1) / 1000, 7200],
]

const offsetAt = (spans: [number, number][], second: number) =>
  spans.reduce((offset, [start, next], at) => (at === 0 || second >= start ? next : offset), 0)

const isoDate = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10)
const isoTime = (second: number) => new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ')

for (const build of ['core', 'core.debug'] as const)
  describe(`dates and times (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory
    const arena = new Arena(memory)
    const zones = { utc: writeZone(memory, arena, utc), berlin: writeZone(memory, arena, berlin) }

    test('every Date and Date32, there and back', () => {
      const rows = 65_536
      const days = arena.allocate(rows * 2)
      for (let day = 0; day < rows; day++) memory.u16[days / 2 + day] = day
      const texts = printed(memory, arena, rows, 10, (o, b) => kernels.printDate(days, rows, o, b))
      for (let day = 0; day < rows; day++) assert.equal(texts[day], isoDate(day))
      const spans = spansOf(memory, arena, texts)
      const out = arena.allocate(rows * 4)
      assert.equal(kernels.parseDate(spans.starts, spans.ends, spans.base, rows, out), rows)
      assert.deepEqual(memory.copyOut(out, rows * 2), memory.copyOut(days, rows * 2))

      const count = 120_529 + 25_567 + 1
      const wide = arena.allocate(count * 4)
      for (let i = 0; i < count; i++) memory.i32[wide / 4 + i] = i - 25_567
      const wideTexts = printed(memory, arena, count, 10, (o, b) => kernels.printDate32(wide, count, o, b))
      for (let i = 0; i < count; i += 7) assert.equal(wideTexts[i], isoDate(i - 25_567))
      const wideSpans = spansOf(memory, arena, wideTexts)
      const wideOut = arena.allocate(count * 4)
      assert.equal(kernels.parseDate32(wideSpans.starts, wideSpans.ends, wideSpans.base, count, wideOut), count)
      assert.deepEqual(memory.copyOut(wideOut, count * 4), memory.copyOut(wide, count * 4))
    })

    test('other forms of dates, as ClickHouse takes them', () => {
      const cases: [string, string][] = [
        ['2020-1-2', '2020-01-02'],
        ['20200102', '2020-01-02'],
        ['2020/01/02', '2020-01-02'],
        ['0000-00-00', '1970-01-01'],
        ['1969-12-31', '1970-01-01'],
        ['2200-01-01', '2149-06-06'],
        ['2020-13-01', '1970-01-01'],
        ['2020-02-30', '2020-03-01'],
        ['2149-06-07', '2149-06-06'],
        ['', '1970-01-01'],
      ]
      const spans = spansOf(
        memory,
        arena,
        cases.map(([text]) => text),
      )
      const out = arena.allocate(cases.length * 4)
      assert.equal(kernels.parseDate(spans.starts, spans.ends, spans.base, cases.length, out), cases.length)
      assert.deepEqual(
        [...memory.u16.subarray(out / 2, out / 2 + cases.length)].map(isoDate),
        cases.map(([, date]) => date),
      )
      for (const text of [
        '1000',
        '2020-01-02 00:00:00',
        'x',
        '2020-01',
        '202a-01-02',
        '2020-01-0x',
        '2020-0101',
        '20-01-2020',
        '2020-01-',
      ]) {
        const bad = spansOf(memory, arena, [text])
        assert.equal(kernels.parseDate(bad.starts, bad.ends, bad.base, 1, out), -1, text)
      }
      const wide = spansOf(memory, arena, ['1900-01-01', '1899-01-01', '2299-12-31', '2300-01-01', '2020-1-2'])
      assert.equal(kernels.parseDate32(wide.starts, wide.ends, wide.base, 5, out), 5)
      assert.deepEqual([...memory.i32.subarray(out / 4, out / 4 + 5)].map(isoDate), [
        '1900-01-01',
        '1900-01-01',
        '2299-12-31',
        '2299-12-31',
        '2020-01-02',
      ])
    })

    test('DateTime in a fixed offset and across changes of the clock', () => {
      const next = random(4)
      const around = berlin
        .slice(1)
        .flatMap(([start]) => [-3601, -3600, -1, 0, 1, 3599, 3600, 3601, 7200].map(d => start + d))
      for (const rows of [0, 1, 15, 16, 17, 3000]) {
        const seconds = Array.from({ length: rows }, (_, row) => {
          if (row < 4) return [0, 2 ** 32 - 1 - 7200, 951_782_400, 4_107_542_399][row]
          if (row - 4 < around.length) return around[row - 4]
          return Math.floor(next() < 0.5 ? next() * 2 ** 32 : 1.58e9 + next() * 5e7)
        })
        const values = arena.allocate(rows * 4)
        memory.u32.set(seconds, values / 4)
        for (const [name, spans] of [
          ['utc', utc],
          ['berlin', berlin],
        ] as const) {
          const { transitions, offsets, count } = zones[name]
          const texts = printed(memory, arena, rows, 19, (o, b) =>
            kernels.printDateTime(values, rows, transitions, offsets, count, o, b),
          )
          assert.deepEqual(
            texts,
            seconds.map(second => isoTime(second + offsetAt(spans, second))),
          )
          const fields = spansOf(memory, arena, texts)
          const out = arena.allocate(rows * 4)
          assert.equal(
            kernels.parseDateTime(fields.starts, fields.ends, fields.base, rows, transitions, offsets, count, out),
            rows,
          )
          for (let row = 0; row < rows; row++) {
            const got = memory.u32[out / 4 + row]
            if (got === seconds[row]) continue
            // The hour that comes twice in autumn is read as the first.
            assert.ok(got === seconds[row] - 3600 && texts[row].startsWith('2020-10-25 02:'), texts[row])
          }
        }
      }
    })

    test('times that the clock skipped or had twice', () => {
      const { transitions, offsets, count } = zones.berlin
      const cases: [string, number][] = [
        ['2020-03-29 02:30:00', 1585441800],
        ['2020-03-29 03:00:00', 1585443600],
        ['2020-10-25 02:30:00', 1603585800],
        ['2020-10-25 03:00:00', 1603591200],
      ]
      const { starts, ends, base } = spansOf(
        memory,
        arena,
        cases.map(([text]) => text),
      )
      const out = arena.allocate(16)
      assert.equal(kernels.parseDateTime(starts, ends, base, 4, transitions, offsets, count, out), 4)
      assert.deepEqual(
        [...memory.u32.subarray(out / 4, out / 4 + 4)],
        cases.map(([, second]) => second),
      )
    })

    test('other forms of times', () => {
      const { transitions, offsets, count } = zones.utc
      const cases: [string, string][] = [
        ['2020-01-02T03:04:05', '2020-01-02 03:04:05'],
        ['2020-01-02', '2020-01-02 00:00:00'],
        ['1577934245', '2020-01-02 03:04:05'],
        ['2020-01-02 03:04:05Z', '2020-01-02 03:04:05'],
        ['2020-01-02 03:04:05+01:00', '2020-01-02 02:04:05'],
        ['2020-01-02 03:04:05.123', '2020-01-02 03:04:05'],
        ['2020-01-02 3:4:5', '2020-01-02 03:04:05'],
        ['2020-1-2 03:04:05', '2020-01-02 03:04:05'],
        ['2020-01-02 03:04', '2020-01-02 03:04:00'],
        ['20200102', '2020-01-02 00:00:00'],
        ['20200102030405', '2020-01-02 03:04:05'],
        ['2020-01-02 24:00:00', '2020-01-03 00:00:00'],
        ['1969-12-31 00:00:00', '1970-01-01 00:00:00'],
        ['2200-01-01 00:00:00', '2106-02-07 06:28:15'],
        ['0000-00-00 00:00:00', '1970-01-01 00:00:00'],
        ['5', '1970-01-01 00:00:05'],
        ['', '1970-01-01 00:00:00'],
      ]
      const rows = cases.length
      const spans = spansOf(
        memory,
        arena,
        cases.map(([text]) => text),
      )
      const out = arena.allocate(rows * 8)
      assert.equal(
        kernels.parseDateTime(spans.starts, spans.ends, spans.base, rows, transitions, offsets, count, out),
        rows,
      )
      assert.deepEqual(
        [...memory.u32.subarray(out / 4, out / 4 + rows)].map(isoTime),
        cases.map(([, time]) => time),
      )
      const bad = [
        '2020-13-02 03:04:05',
        '2020-02-31 03:04:05',
        '2020-01-02 03',
        'x',
        '2020-01-02x03:04:05',
        '2020-01-02 03:04:05x',
        '2020-01-02 0a:04:05',
        '99999999999',
        '-',
        '2020-',
      ]
      for (const text of bad) {
        const field = spansOf(memory, arena, [text])
        assert.equal(
          kernels.parseDateTime(field.starts, field.ends, field.base, 1, transitions, offsets, count, out),
          -1,
          text,
        )
      }
    })

    test('DateTime64', () => {
      const { transitions, offsets, count } = zones.utc
      const cases: [string, number, string][] = [
        ['2020-01-02 03:04:05.123', 3, '2020-01-02 03:04:05.123'],
        ['2020-01-02 03:04:05', 3, '2020-01-02 03:04:05.000'],
        ['2020-01-02 03:04:05.12345', 3, '2020-01-02 03:04:05.123'],
        ['2020-01-02 03:04:05.1', 3, '2020-01-02 03:04:05.100'],
        ['1577934245.5', 3, '2020-01-02 03:04:05.500'],
        ['1577934245', 3, '2020-01-02 03:04:05.000'],
        ['1577934245123', 3, '2020-01-02 03:04:05.123'],
        ['2020-01-02T03:04:05.5Z', 3, '2020-01-02 03:04:05.500'],
        ['1960-01-02 03:04:05.5', 3, '1960-01-02 03:04:05.500'],
        ['1900-01-01 00:00:00', 0, '1900-01-01 00:00:00'],
        ['2020-01-02 03:04:05.123456789', 9, '2020-01-02 03:04:05.123456789'],
        ['2299-12-31 23:59:59.999999', 6, '2299-12-31 23:59:59.999999'],
        ['2020-01-02', 3, '2020-01-02 00:00:00.000'],
      ]
      const out = arena.allocate(8)
      for (const [text, scale, expected] of cases) {
        const { starts, ends, base } = spansOf(memory, arena, [text])
        assert.equal(kernels.parseDateTime64(starts, ends, base, 1, transitions, offsets, count, scale, out), 1, text)
        const [got] = printed(memory, arena, 1, 20 + scale, (o, b) =>
          kernels.printDateTime64(out, 1, transitions, offsets, count, scale, o, b),
        )
        assert.equal(got, expected)
      }
      const far = spansOf(memory, arena, ['2500-01-01 00:00:00'])
      assert.equal(kernels.parseDateTime64(far.starts, far.ends, far.base, 1, transitions, offsets, count, 9, out), -1)
    })
  })
