// Sqids: short ids from whole numbers, and back, with the usual alphabet and no words that are blocked.
import { ArrayType } from '../types/compound.ts'
import { columnOf } from '../columns/build.ts'
import { DBError } from '../core/errors.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isString, isUnsigned, mapTexts, stringType, textReader, uint64 } from './stringRows.ts'

const category = 'Encoding'

/** The alphabet, which every id turns in another way, shuffled once. */
const alphabet = shuffled('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')

function shuffled(text: string): string {
  const letters = [...text]
  for (let i = 0, j = letters.length - 1; j > 0; i++, j--) {
    const r = (i * j + letters[i].charCodeAt(0) + letters[j].charCodeAt(0)) % letters.length
    ;[letters[i], letters[r]] = [letters[r], letters[i]]
  }
  return letters.join('')
}

const turned = (text: string, by: number): string => text.slice(by) + text.slice(0, by)
const reversed = (text: string): string => [...text].reverse().join('')

function digitsOf(number: bigint, letters: string): string {
  const base = BigInt(letters.length)
  let digits = ''
  let rest = number
  do {
    digits = letters[Number(rest % base)] + digits
    rest /= base
  } while (rest > 0n)
  return digits
}

function encode(numbers: readonly bigint[]): string {
  if (numbers.length === 0) return ''
  const size = BigInt(alphabet.length)
  let offset = numbers.length
  for (const [i, number] of numbers.entries()) offset += alphabet.charCodeAt(Number(number % size)) + i
  offset %= alphabet.length
  let letters = turned(alphabet, offset)
  let id = letters[0]
  letters = reversed(letters)
  for (const [i, number] of numbers.entries()) {
    id += digitsOf(number, letters.slice(1))
    if (i === numbers.length - 1) break
    id += letters[0]
    letters = shuffled(letters)
  }
  return id
}

function decode(id: string): bigint[] {
  if (id === '' || [...id].some(letter => !alphabet.includes(letter))) return []
  let letters = reversed(turned(alphabet, alphabet.indexOf(id[0])))
  let rest = id.slice(1)
  const numbers: bigint[] = []
  while (rest !== '') {
    const at = rest.indexOf(letters[0])
    const digits = at < 0 ? rest : rest.slice(0, at)
    if (digits === '') return numbers
    const values = letters.slice(1)
    let number = 0n
    for (const digit of digits) number = number * BigInt(values.length) + BigInt(values.indexOf(digit))
    numbers.push(BigInt.asUintN(64, number))
    if (at < 0) break
    rest = rest.slice(at + 1)
    letters = shuffled(letters)
  }
  return numbers
}

const numbersType = new ArrayType(uint64)

export const sqids: readonly FunctionDefinition[] = [
  defineFunction({
    name: 'sqidEncode',
    aliases: ['sqid'],
    about: 'A short id of whole numbers.',
    category,
    arguments: [{ name: 'n', repeated: true }],
    constants: 'keep',
    returns: args => {
      if (args.length === 0) throw new DBError('TOO_FEW_ARGUMENTS_FOR_FUNCTION', 'Function sqidEncode expects a number')
      for (const { type } of args) {
        const plain = type instanceof ArrayType ? type.element : type
        if (!isUnsigned(plain))
          throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${type.name} of argument of function sqidEncode`)
      }
      return stringType
    },
    run: (args, { rows, arena }) => {
      const columns = args.map(column => column.full(arena))
      const ids = Array.from({ length: rows }, (_, row) => {
        const values = columns.flatMap(column => column.valueAt(row) as number | bigint | (number | bigint)[])
        return encode(values.map(value => BigInt(value)))
      })
      return mapTexts(arena, rows, row => ids[row])
    },
    examples: [['SELECT sqidEncode(1, 2, 3, 4, 5)', 'gXHfJ1C6dN']],
  }),
  defineFunction({
    name: 'sqidDecode',
    about: 'The numbers of an id.',
    category,
    arguments: [{ name: 'sqid', accepts: isString }],
    returns: () => numbersType,
    run: ([sqid], { rows, arena }) => {
      const read = textReader(sqid, arena)
      return columnOf(
        numbersType,
        Array.from({ length: rows }, (_, row) => decode(read(row))),
        arena,
      )
    },
    examples: [["SELECT sqidDecode('gXHfJ1C6dN')", '[1,2,3,4,5]']],
  }),
]
