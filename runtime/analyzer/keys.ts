import type { Value } from '../types/value.ts'
import type { ColumnNode, Typed } from './typed.ts'

/** A key under which equal values are equal, of whatever type. */
export function valueKey(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(valueKey).join(',')}]`
  return Object.is(value, -0) ? '-0' : String(value)
}

/** A lambda's key must not depend on the numbers of its own parameters. */
export function anonymousKey(body: Typed, parameters: readonly ColumnNode[]): string {
  let { key } = body
  parameters.forEach((parameter, i) => {
    key = key.replaceAll(new RegExp(`#${parameter.id}(?!\\d)`, 'g'), `$${i}`)
  })
  return key
}
