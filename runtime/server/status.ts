import type { DBError, ErrorName } from '../core/errors.ts'
import { encodeText } from '../core/text.ts'

const statuses: Readonly<Record<number, readonly ErrorName[]>> = {
  400: [
    'BAD_ARGUMENTS',
    'CANNOT_COMPILE_REGEXP',
    'CANNOT_PARSE_TEXT',
    'CANNOT_PARSE_ESCAPE_SEQUENCE',
    'CANNOT_PARSE_QUOTED_STRING',
    'CANNOT_PARSE_DATE',
    'CANNOT_PARSE_DATETIME',
    'CANNOT_PARSE_NUMBER',
    'CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING',
    'CANNOT_PARSE_IPV4',
    'CANNOT_PARSE_IPV6',
    'CANNOT_PARSE_UUID',
    'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
    'DUPLICATE_COLUMN',
    'ILLEGAL_COLUMN',
    'THERE_IS_NO_COLUMN',
    'UNKNOWN_ELEMENT_IN_AST',
    'UNKNOWN_TYPE_OF_AST_NODE',
    'TOO_DEEP_AST',
    'TOO_BIG_AST',
    'UNEXPECTED_AST_STRUCTURE',
    'SYNTAX_ERROR',
    'INCORRECT_DATA',
    'TYPE_MISMATCH',
    'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
  ],
  401: ['REQUIRED_PASSWORD'],
  403: ['UNKNOWN_USER', 'WRONG_PASSWORD', 'AUTHENTICATION_FAILED', 'ACCESS_DENIED', 'SET_NON_GRANTED_ROLE'],
  404: [
    'UNKNOWN_TABLE',
    'UNKNOWN_FUNCTION',
    'UNKNOWN_IDENTIFIER',
    'UNKNOWN_TYPE',
    'UNKNOWN_STORAGE',
    'UNKNOWN_DATABASE',
    'UNKNOWN_SETTING',
    'UNKNOWN_DIRECTION_OF_SORTING',
    'UNKNOWN_AGGREGATE_FUNCTION',
    'UNKNOWN_FORMAT',
    'UNKNOWN_DATABASE_ENGINE',
    'UNKNOWN_TYPE_OF_QUERY',
    'UNKNOWN_ROLE',
    'SESSION_NOT_FOUND',
  ],
  408: ['TIMEOUT_EXCEEDED'],
  411: ['HTTP_LENGTH_REQUIRED'],
  413: ['QUERY_IS_TOO_LARGE'],
  501: ['NOT_IMPLEMENTED'],
  503: ['SOCKET_TIMEOUT', 'CANNOT_OPEN_FILE', 'CANNOT_SCHEDULE_TASK'],
}
const statusOf = new Map<string, number>()
for (const [status, names] of Object.entries(statuses)) for (const name of names) statusOf.set(name, Number(status))

/** The HTTP status that ClickHouse gives an error. */
export function httpStatus(error: DBError): number {
  return statusOf.get(error.errorName) ?? 500
}

/** The line that clients parse: `Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version …)`. */
export function describeError(error: DBError, version: string): string {
  return `${error.describe()} (version ${version} (official build))\n`
}

const tailSizeMax = 16384
const marker = '__exception__'

/**
 * What stands behind a result that broke off: a block that no data can imitate, as the tag is made anew for every answer and sent
 * ahead in a header. The length counts the text with its newline.
 */
export function exceptionTail(text: string, tag: string): Uint8Array {
  const frame = encodeText(`\r\n${marker}\r\n${tag}\r\n`)
  const bytes = encodeText(text.endsWith('\n') ? text : text + '\n')
  const room = tailSizeMax - frame.length * 2 - 16
  const cut = bytes.length <= room ? bytes : Uint8Array.of(...bytes.subarray(0, room - 1), 10)
  const end = encodeText(`${cut.length} ${tag}\r\n${marker}\r\n`)
  const tail = new Uint8Array(frame.length + cut.length + end.length)
  tail.set(frame)
  tail.set(cut, frame.length)
  tail.set(end, frame.length + cut.length)
  return tail
}
