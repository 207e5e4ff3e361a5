// In place of node:test: what the tests of this project use of it.

type Work = () => unknown

interface Suite {
  readonly name: string
  readonly befores: Work[]
  readonly afters: Work[]
  readonly children: (Suite | Test)[]
}

interface Test {
  readonly name: string
  readonly run: Work
}

export interface Outcome {
  readonly name: string
  /** Stack of what it threw; null when it passed. */
  readonly error: string | null
}

const newSuite = (name: string): Suite => ({ name, befores: [], afters: [], children: [] })
let current = newSuite('')

/** Whatever a test of Node may be given between its name and what it runs does not matter here. */
const workOf = (rest: readonly unknown[]): Work => rest.find(one => typeof one === 'function') as Work

export function test(name: string, ...rest: unknown[]): void {
  current.children.push({ name, run: workOf(rest) })
}

export function describe(name: string, ...rest: unknown[]): void {
  const outer = current
  const suite = newSuite(name)
  outer.children.push(suite)
  current = suite
  workOf(rest)()
  current = outer
}

export const before = (work: Work): void => void current.befores.push(work)
export const after = (work: Work): void => void current.afters.push(work)

/** Runs what was described, one test after another. */
export async function* outcomes(suite: Suite = current): AsyncGenerator<Outcome> {
  const setUp = await attempt('before', all(suite.befores))
  if (setUp.error) yield setUp
  else
    for (const child of suite.children)
      if ('run' in child) yield await attempt(child.name, child.run)
      else for await (const { name, error } of outcomes(child)) yield { name: `${child.name} > ${name}`, error }
  const tornDown = await attempt('after', all(suite.afters))
  if (tornDown.error) yield tornDown
}

const all = (works: readonly Work[]) => async () => {
  for (const work of works) await work()
}

async function attempt(name: string, work: Work): Promise<Outcome> {
  try {
    await work()
    return { name, error: null }
  } catch (error) {
    return { name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
