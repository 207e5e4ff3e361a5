// Arithmetic over tuples, element by element.
import { DBError } from '../core/errors.ts'
import { TupleType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import { arithmetic } from './arithmetic.ts'
import { comparison } from './comparison.ts'
import { type Composer, defineComposed, type Term } from './composed.ts'
import type { FunctionDefinition } from './function.ts'

const category = 'Tuples'
const named = (name: string): FunctionDefinition =>
  [...arithmetic, ...comparison].find(definition => definition.name === name) as FunctionDefinition
const isTuple = (type: unknown): boolean => type instanceof TupleType
const plus = named('plus')

/** Pairs of elements at the same places. */
function pairsOf(name: string, a: Term, b: Term, composer: Composer): [Term, Term][] {
  const [left, right] = [composer.elements(a), composer.elements(b)]
  if (left.length !== right.length)
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Expected tuples of the same size as arguments of function ${name}, got ${a.info.type.name} and ${b.info.type.name}`,
    )
  return left.map((term, i) => [term, right[i]])
}

/** The sum of terms; 0 for none. */
export function sumOf(terms: readonly Term[], composer: Composer): Term {
  if (terms.length === 0) return composer.constant(parseType('UInt8'), 0)
  return terms.reduce((sum, term) => composer.apply(plus, sum, term))
}

/** Two tuples or more, from the left to the right. */
const elementwise = (
  name: string,
  operation: string,
  aliases: readonly string[],
  about: string,
  example: [string, string],
): FunctionDefinition =>
  defineComposed({
    name,
    aliases,
    about,
    category,
    arguments: [
      { name: 'a', accepts: isTuple },
      { name: 'b', accepts: isTuple },
      { name: 'more', accepts: isTuple, repeated: true },
    ],
    tooFew: 'TOO_FEW_ARGUMENTS_FOR_FUNCTION',
    compose: (terms, composer) =>
      terms.reduce((left, right) =>
        composer.tuple(pairsOf(name, left, right, composer).map(([a, b]) => composer.apply(named(operation), a, b))),
      ),
    examples: [example],
  })

const byNumber = (name: string, operation: string, about: string, example: [string, string]): FunctionDefinition =>
  defineComposed({
    name,
    about,
    category,
    arguments: [{ name: 'tuple', accepts: isTuple }, { name: 'number' }],
    compose: ([tuple, number], composer) =>
      composer.tuple(composer.elements(tuple).map(element => composer.apply(named(operation), element, number))),
    examples: [example],
  })

const tupleNegate = defineComposed({
  name: 'tupleNegate',
  about: 'The elements with the opposite sign.',
  category,
  arguments: [{ name: 'tuple', accepts: isTuple }],
  compose: ([tuple], composer) =>
    composer.tuple(composer.elements(tuple).map(element => composer.apply(named('negate'), element))),
  examples: [['SELECT tupleNegate((1, 2))', '(-1,-2)']],
})

/** The sum of the products of elements at the same places. */
export function dotOf(name: string, a: Term, b: Term, composer: Composer): Term {
  return sumOf(
    pairsOf(name, a, b, composer).map(([x, y]) => composer.apply(named('multiply'), x, y)),
    composer,
  )
}

/** The differences of elements at the same places. */
export const differencesOf = (name: string, a: Term, b: Term, composer: Composer): Term[] =>
  pairsOf(name, a, b, composer).map(([x, y]) => composer.apply(named('minus'), x, y))

const tupleHammingDistance = defineComposed({
  name: 'tupleHammingDistance',
  about: 'How many elements of two tuples differ.',
  category,
  arguments: [
    { name: 'a', accepts: isTuple },
    { name: 'b', accepts: isTuple },
  ],
  compose: ([a, b], composer) =>
    sumOf(
      pairsOf('tupleHammingDistance', a, b, composer).map(([x, y]) => composer.apply(named('notEquals'), x, y)),
      composer,
    ),
  examples: [['SELECT tupleHammingDistance((1, 2, 3), (3, 2, 1))', '2']],
})

export const tupleArithmetic: readonly FunctionDefinition[] = [
  elementwise('tuplePlus', 'plus', ['vectorSum'], 'The sums of the elements.', [
    'SELECT tuplePlus((1, 2), (2, 3))',
    '(3,5)',
  ]),
  elementwise('tupleMinus', 'minus', ['vectorDifference'], 'The differences of the elements.', [
    'SELECT tupleMinus((1, 2), (2, 3))',
    '(-1,-1)',
  ]),
  elementwise('tupleMultiply', 'multiply', [], 'The products of the elements.', [
    'SELECT tupleMultiply((1, 2), (2, 3))',
    '(2,6)',
  ]),
  elementwise('tupleDivide', 'divide', [], 'The quotients of the elements.', [
    'SELECT tupleDivide((1, 2), (2, 5))',
    '(0.5,0.4)',
  ]),
  elementwise('tupleIntDiv', 'intDiv', [], 'The quotients of the elements, cut to whole numbers.', [
    'SELECT tupleIntDiv((15, 10, 5), (5, 5, 5))',
    '(3,2,1)',
  ]),
  elementwise('tupleIntDivOrZero', 'intDivOrZero', [], 'Like tupleIntDiv, but 0 where the divisor is 0.', [
    'SELECT tupleIntDivOrZero((5, 10), (0, 5))',
    '(0,2)',
  ]),
  elementwise('tupleModulo', 'modulo', [], 'The remainders of the elements.', [
    'SELECT tupleModulo((15, 10, 5), (5, 3, 2))',
    '(0,1,1)',
  ]),
  byNumber('tupleMultiplyByNumber', 'multiply', 'The elements times a number.', [
    'SELECT tupleMultiplyByNumber((1, 2), -2.1)',
    '(-2.1,-4.2)',
  ]),
  byNumber('tupleDivideByNumber', 'divide', 'The elements divided by a number.', [
    'SELECT tupleDivideByNumber((1, 2), 0.5)',
    '(2,4)',
  ]),
  byNumber('tupleIntDivByNumber', 'intDiv', 'The elements divided by a number, cut to whole numbers.', [
    'SELECT tupleIntDivByNumber((15, 10, 5), 5)',
    '(3,2,1)',
  ]),
  byNumber('tupleIntDivOrZeroByNumber', 'intDivOrZero', 'Like tupleIntDivByNumber, but 0 where it is 0.', [
    'SELECT tupleIntDivOrZeroByNumber((15, 10, 5), 0)',
    '(0,0,0)',
  ]),
  byNumber('tupleModuloByNumber', 'modulo', 'The remainders of the elements by a number.', [
    'SELECT tupleModuloByNumber((15, 10, 5), 2)',
    '(1,0,1)',
  ]),
  byNumber('tuplePositiveModuloByNumber', 'positiveModulo', 'The remainders by a number, never negative.', [
    'SELECT tuplePositiveModuloByNumber((15, -10), 3)',
    '(0,2)',
  ]),
  tupleNegate,
  tupleHammingDistance,
]
