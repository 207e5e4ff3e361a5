// Patterns of sequenceMatch: (?1).*(?2)(?t<=10). and how events are matched with them.
import { DBError } from '../core/errors.ts'

export type Step =
  | { readonly kind: 'event'; readonly bit: number }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'time'; readonly holds: (time: number, base: number) => boolean; readonly mayPass: boolean }

const comparisons: Record<string, (difference: number, wanted: number) => boolean> = {
  '<=': (difference, wanted) => difference <= wanted,
  '<': (difference, wanted) => difference < wanted,
  '>=': (difference, wanted) => difference >= wanted,
  '>': (difference, wanted) => difference > wanted,
  '==': (difference, wanted) => difference === wanted,
}

/** Tries at most. */
const triesMax = 1_000_000

/** A pattern's steps; a match may begin at any event. */
export function parsePattern(pattern: string, conditions: number): Step[] {
  const steps: Step[] = [{ kind: 'star' }]
  const token = /\(\?(\d+)\)|\(\?t(<=|>=|==|<|>)(\d+)\)|\.\*|\./y
  const fail = (message: string, at: number): never => {
    throw new DBError('SYNTAX_ERROR', `${message} '${pattern.slice(at)}' at position ${at}`)
  }
  for (let at = 0; at < pattern.length; at = token.lastIndex) {
    token.lastIndex = at
    const found = token.exec(pattern)
    if (!found) return fail('Could not parse pattern, unexpected', at)
    if (found[1] !== undefined) {
      const number = Number(found[1])
      if (number < 1 || number > conditions)
        throw new DBError('BAD_ARGUMENTS', `Event number ${number} is out of range`)
      steps.push({ kind: 'event', bit: 2 ** (number - 1) })
    } else if (found[2] !== undefined) {
      const previous = steps[steps.length - 1]
      if (previous.kind !== 'event' && previous.kind !== 'any' && previous.kind !== 'star')
        throw new DBError('BAD_ARGUMENTS', `Temporal condition should be preceded by an event condition`)
      const compare = comparisons[found[2]]
      const wanted = Number(found[3])
      steps.push({
        kind: 'time',
        holds: (time, base) => compare(time - base, wanted),
        // A later event may still fulfil it.
        mayPass: found[2] !== '<=' && found[2] !== '<',
      })
    } else steps.push({ kind: found[0] === '.' ? 'any' : 'star' })
  }
  return steps
}

interface Place {
  readonly step: number
  readonly event: number
  readonly base: number
  /** Times of what was matched so far. */
  readonly times: readonly number[]
}

/** The first chain at or behind an event: whether there is one, where it ends, and the times of the most conditions that were met. */
export function findChain(
  events: readonly (readonly [time: number, conditions: number])[],
  start: number,
  steps: readonly Step[],
): { matched: boolean; end: number; times: readonly number[] } {
  const stack: Place[] = []
  let place: Place = { step: 0, event: start, base: start, times: [] }
  let longest: readonly number[] = []
  const back = (): boolean => {
    for (let top = stack.pop(); top; top = stack.pop())
      if (top.event + 1 < events.length) {
        place = { ...top, event: top.event + 1 }
        return true
      }
    return false
  }
  for (let tries = 0; place.step < steps.length && place.event < events.length; tries++) {
    if (tries > triesMax)
      throw new DBError('TOO_SLOW', 'Pattern application proves too difficult, exceeding max iterations (1000000)')
    const step = steps[place.step]
    const { event, base, times } = place
    const [time, conditions] = events[event]
    if (step.kind === 'star') {
      stack.push(place)
      place = { step: place.step + 1, event, base: event, times }
    } else if (step.kind === 'any') place = { step: place.step + 1, event: event + 1, base: event, times }
    else if (step.kind === 'event') {
      if (Math.floor(conditions / step.bit) % 2 === 1) {
        place = { step: place.step + 1, event: event + 1, base: event, times: [...times, time] }
        if (place.times.length > longest.length) longest = place.times
      } else if (!back()) break
    } else if (step.holds(time, events[base][0])) {
      stack.push(place)
      place = { step: place.step + 1, event, base: event, times }
    } else if (step.mayPass && event + 1 < events.length) place = { ...place, event: event + 1 }
    else if (!back()) break
  }
  let { step } = place
  while (step < steps.length && steps[step].kind === 'star') step++
  return { matched: step === steps.length, end: place.event, times: longest }
}
