import { defineFormat } from './format.ts'

/** Output that goes nowhere. */
export const nullFormat = defineFormat({
  name: 'Null',
  contentType: () => 'text/plain; charset=UTF-8',
  writer: () => ({ begin() {}, chunk() {}, totals() {}, extremes() {}, end() {} }),
})
