// Functions that make the query wait. What runs expressions cannot wait itself: they say for how long, and the query does it.
import { constColumn } from '../columns/build.ts'
import { DBError } from '../core/errors.ts'
import { parseType } from '../types/parseType.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'

const UInt8 = parseType('UInt8')

function sleeper(name: string, about: string, isEachRow: boolean, examples: FunctionDefinition['examples']) {
  return defineFunction({
    name,
    about,
    category: 'Other',
    arguments: [
      {
        name: 'seconds',
        accepts: ({ kind }) => /^(UInt|Float)/.test(kind),
        constant: true,
      },
    ],
    constants: 'keep',
    deterministic: false,
    foldable: false,
    returns: () => UInt8,
    run: (_, { type, rows, arena, environment, arguments: [seconds] }) => {
      const each = Number(seconds.constant ?? 0) * 1e6
      if (!(each >= 0 && each < Number.POSITIVE_INFINITY))
        throw new DBError('BAD_ARGUMENTS', `Cannot sleep infinite or negative time (not implemented)`)
      const micros = rows === 0 ? 0 : isEachRow ? each * rows : each
      const most = Number(environment.setting('function_sleep_max_microseconds_per_block'))
      if (most > 0 && micros > most)
        throw new DBError(
          'TOO_SLOW',
          `The maximum sleep time is ${most} microseconds. Requested: ${micros} microseconds${isEachRow ? ` per block (of size ${rows})` : ''}`,
        )
      if (environment.pause) environment.pause.ms += micros / 1000
      return constColumn(type, 0, rows, arena)
    },
    examples,
  })
}

export const sleeping: readonly FunctionDefinition[] = [
  sleeper('sleep', 'Waits so many seconds at each block of rows, at most 3; gives 0.', false, [
    ['SELECT sleep(0.01)', '0'],
  ]),
  sleeper('sleepEachRow', 'Waits so many seconds for each row, at most 3 a block; gives 0.', true, [
    ['SELECT sleepEachRow(0.001) FROM numbers(2)', '0\n0'],
  ]),
]
