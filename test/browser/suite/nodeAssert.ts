// In place of node:assert/strict: what tests that run in a page use of it.

class Failure extends Error {
  override name = 'AssertionError'
}

type Expected = RegExp | object | ((error: never) => unknown) | undefined

const shown = (value: unknown): string => {
  if (typeof value === 'bigint') return `${value}n`
  if (value === null || typeof value !== 'object')
    return typeof value === 'string' ? JSON.stringify(value) : String(value)
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner))?.slice(0, 1000)
}

function fail(message: unknown, otherwise: string): never {
  if (message instanceof Error) throw message
  throw new Failure(typeof message === 'string' ? message : otherwise)
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Date || a instanceof Number || a instanceof String) return Object.is(a.valueOf(), b.valueOf())
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && isSame(value, b.get(key)))
  if (a instanceof Set && b instanceof Set)
    return a.size === b.size && [...a].every(value => b.has(value) || [...b].some(other => isSame(value, other)))
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  if (a instanceof Error && b instanceof Error && (a.message !== b.message || a.name !== b.name)) return false
  return keys.every(key => key in b && isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
}

/** Whether what was thrown is what was expected: a text of that kind, these members, or so the function says. */
function checkThrown(error: unknown, expected: Expected): void {
  if (expected === undefined) return
  if (expected instanceof RegExp) assert.match(String(error), expected)
  else if (typeof expected === 'function') {
    const isClass = expected === Error || expected.prototype instanceof Error
    const isRight = isClass ? error instanceof (expected as never) : (expected as (error: unknown) => unknown)(error)
    if (!isRight) throw error
  } else
    for (const [name, value] of Object.entries(expected)) {
      const found = (error as Record<string, unknown>)[name]
      if (value instanceof RegExp ? !value.test(String(found)) : !isSame(found, value)) throw error
    }
}

function assert(value: unknown, message?: unknown): asserts value {
  if (!value) fail(message, `${shown(value)} is not true`)
}

assert.ok = assert as (value: unknown, message?: unknown) => asserts value
assert.equal = (a: unknown, b: unknown, message?: unknown): void => {
  if (!Object.is(a, b)) fail(message, `${shown(a)} is not ${shown(b)}`)
}
assert.notEqual = (a: unknown, b: unknown, message?: unknown): void => {
  if (Object.is(a, b)) fail(message, `it is ${shown(a)}`)
}
assert.deepEqual = (a: unknown, b: unknown, message?: unknown): void => {
  if (!isSame(a, b)) fail(message, `${shown(a)} is not ${shown(b)}`)
}
assert.notDeepEqual = (a: unknown, b: unknown, message?: unknown): void => {
  if (isSame(a, b)) fail(message, `it is ${shown(a)}`)
}
assert.match = (text: string, pattern: RegExp, message?: unknown): void => {
  if (!pattern.test(text)) fail(message, `${shown(text)} does not match ${pattern}`)
}
assert.doesNotMatch = (text: string, pattern: RegExp, message?: unknown): void => {
  if (pattern.test(text)) fail(message, `${shown(text)} matches ${pattern}`)
}
assert.fail = (message?: unknown): never => fail(message, 'it failed')
assert.throws = (work: () => unknown, expected?: Expected, message?: unknown): void => {
  try {
    work()
  } catch (error) {
    checkThrown(error, expected)
    return
  }
  fail(message, 'nothing was thrown')
}
assert.doesNotThrow = (work: () => unknown): void => void work()
assert.rejects = async (
  work: Promise<unknown> | (() => Promise<unknown>),
  expected?: Expected,
  message?: unknown,
): Promise<void> => {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    checkThrown(error, expected)
    return
  }
  fail(message, 'it did not reject')
}
assert.doesNotReject = async (work: Promise<unknown> | (() => Promise<unknown>)): Promise<void> => {
  await (typeof work === 'function' ? work() : work)
}
assert.strictEqual = assert.equal
assert.deepStrictEqual = assert.deepEqual

export const {
  ok,
  equal,
  notEqual,
  deepEqual,
  notDeepEqual,
  match,
  doesNotMatch,
  throws,
  rejects,
  strictEqual,
  deepStrictEqual,
} = assert
export default assert
