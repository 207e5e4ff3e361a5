import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Memory } from '../../runtime/core/memory.ts'
import { TimeZone } from '../../runtime/types/timeZone.ts'
import { newMemory, random } from '../harness.ts'
import { kernel, readValues, withArena, writeValues } from './values.ts'

const dayMs = 86400000
const next = random(12)
/** 1900 to 2299, and every day of some years. */
const someDays = [
  ...Array.from({ length: 3000 }, () => Math.floor(-25567 + next() * 146097)),
  ...Array.from({ length: 1500 }, (_, i) => i + 10000),
  ...[-25567, 120529, 0, -1, 65535, 11016, 47540],
]
const date = (days: number): Date => new Date(days * dayMs)
const year = (days: number): number => date(days).getUTCFullYear()
const month = (days: number): number => date(days).getUTCMonth() + 1
const weekday = (days: number): number => (date(days).getUTCDay() + 6) % 7
const thursday = (days: number): number => days - weekday(days) + 3
const daysOf = (y: number, m: number, d: number): number => Date.UTC(y, m - 1, d) / dayMs

const parts: Record<string, (days: number) => number> = {
  year,
  quarter: days => Math.ceil(month(days) / 3),
  month,
  dayOfMonth: days => date(days).getUTCDate(),
  dayOfYear: days => days - daysOf(year(days), 1, 1) + 1,
  dayOfWeek: days => weekday(days) + 1,
  yearMonth: days => year(days) * 100 + month(days),
  yearMonthDay: days => (year(days) * 100 + month(days)) * 100 + date(days).getUTCDate(),
  isoYear: days => year(thursday(days)),
  isoWeek: days => Math.floor((thursday(days) - daysOf(year(thursday(days)), 1, 1)) / 7) + 1,
  monthNumber: days => year(days) * 12 + month(days),
  quarterNumber: days => year(days) * 4 + Math.ceil(month(days) / 3) - 1,
  daysInMonth: days => daysOf(year(days), month(days) + 1, 1) - daysOf(year(days), month(days), 1),
}

function onDays(memory: Memory, run: (days: number, out: number, rows: number) => void): number[] {
  let result: number[] = []
  withArena(memory, arena => {
    const out = arena.allocate(someDays.length * 4)
    run(writeValues(arena, 'I32', someDays), out, someDays.length)
    result = readValues(memory, 'I32', out, someDays.length) as number[]
  })
  return result
}

test('parts of days', () => {
  const memory = newMemory()
  for (const [name, part] of Object.entries(parts))
    assert.deepEqual(onDays(memory, kernel(memory, `${name}OfDays`)), someDays.map(part), name)
})

test('starts of months, quarters, years, weeks', () => {
  const memory = newMemory()
  const { kernels } = memory
  for (const months of [1, 3, 12])
    assert.deepEqual(
      onDays(memory, (days, out, rows) => kernels.startOfMonths(days, months, 1900, out, rows)),
      someDays.map(day => daysOf(year(day), Math.floor((month(day) - 1) / months) * months + 1, 1)),
    )
  assert.deepEqual(
    onDays(memory, (days, out, rows) => kernels.startOfWeeks(days, 1, 0, out, rows)),
    someDays.map(day => day - weekday(day)),
  )
  assert.deepEqual(
    onDays(memory, (days, out, rows) => kernels.startOfWeeks(days, 1, 6, out, rows)),
    someDays.map(day => day - ((weekday(day) + 1) % 7)),
  )
  assert.deepEqual(
    onDays(memory, (days, out, rows) => kernels.lastDayOfMonth(days, out, rows)),
    someDays.map(day => daysOf(year(day), month(day) + 1, 0)),
  )
  assert.deepEqual(
    onDays(memory, (days, out, rows) => kernels.startOfIsoYear(days, out, rows)),
    someDays.map(day => daysOf(year(thursday(day)), 1, 4) - weekday(daysOf(year(thursday(day)), 1, 4))),
  )
})

test('months are added and the day cut to the month', () => {
  const memory = newMemory()
  for (const months of [1, -1, 13, -25])
    withArena(memory, arena => {
      const rows = someDays.length
      const out = arena.allocate(rows * 4)
      const amounts = writeValues(arena, 'I64', new Array(rows).fill(BigInt(months)))
      memory.kernels.addMonths(writeValues(arena, 'I32', someDays), amounts, out, rows)
      const expected = someDays.map(day => {
        const [y, m] = [year(day), month(day) + months]
        const length = daysOf(y, m + 1, 1) - daysOf(y, m, 1)
        return daysOf(y, m, Math.min(date(day).getUTCDate(), length))
      })
      assert.deepEqual(readValues(memory, 'I32', out, rows), expected)
    })
})

test('zones: to local time and back', () => {
  const memory = newMemory()
  const { kernels } = memory
  for (const name of ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'])
    withArena(memory, arena => {
      const zone = TimeZone.get(name)
      const changes = writeValues(arena, 'I64', zone.seconds.map(BigInt))
      const offsets = writeValues(arena, 'I32', [...zone.offsets])
      const near = zone.seconds.flatMap(second => [-7200, -3600, -1, 0, 1, 1800, 3600].map(step => second + step))
      const seconds = [...Array.from({ length: 999 }, () => Math.floor(next() * 4e9)), ...near]
      const rows = seconds.length
      const [values, out] = [writeValues(arena, 'I64', seconds.map(BigInt)), arena.allocate(rows * 8)]
      kernels.utcToLocal(values, changes, offsets, zone.seconds.length, out, rows)
      const local = seconds.map(second => BigInt(second + zone.offsetAt(second)))
      assert.deepEqual(readValues(memory, 'I64', out, rows), local, name)
      kernels.localToUtc(values, changes, offsets, zone.seconds.length, out, rows)
      const utc = seconds.map(second => BigInt(zone.fromLocal(second)))
      assert.deepEqual(readValues(memory, 'I64', out, rows), utc, name)

      const bytes = arena.allocate(rows)
      kernels.secondsPart(values, 86400, 3600, bytes, rows)
      const hours = seconds.map(second => new Date(second * 1000).getUTCHours())
      assert.deepEqual(readValues(memory, 'U8', bytes, rows), hours)
      kernels.secondsToDays(values, out, rows)
      const days = seconds.map(second => Math.floor(second / 86400))
      assert.deepEqual(readValues(memory, 'I32', out, rows), days)
    })
})
