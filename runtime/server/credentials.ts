import type { Credentials } from '../engine/contract.ts'
import { DBError } from '../core/errors.ts'
import { decodeText } from '../core/text.ts'

export interface GivenCredentials extends Credentials {
  readonly quotaKey: string
  /** Something was sent; if not, a browser is asked for a name and password. */
  readonly given: boolean
}

/** Who asks: by headers of ClickHouse's own, by Authorization: Basic, or by parameters, but only one of them at once. */
export function readCredentials(
  headers: Headers,
  parameters: ReadonlyMap<string, string>,
  address: string,
): GivenCredentials {
  const user = headerText(headers.get('x-clickhouse-user'))
  const key = headerText(headers.get('x-clickhouse-key'))
  const quota = headers.get('x-clickhouse-quota')
  const authorization = headers.get('authorization')
  const inParameters = parameters.has('user') || parameters.has('password')
  const quotaKey = quota ?? parameters.get('quota_key') ?? ''

  if (user !== null || key !== null || quota !== null) {
    if (authorization !== null) throw mixed('X-ClickHouse HTTP headers', 'Authorization HTTP header')
    if (inParameters) throw mixed('X-ClickHouse HTTP headers', 'authentication via parameters')
    return { user: user || 'default', password: key ?? '', address, quotaKey, given: true }
  }
  if (authorization !== null) {
    if (inParameters) throw mixed('Authorization HTTP header', 'authentication via parameters')
    return { ...basic(authorization), address, quotaKey, given: true }
  }
  return {
    user: parameters.get('user') || 'default',
    password: parameters.get('password') ?? '',
    address,
    quotaKey,
    given: inParameters,
  }
}

/** Servers hand out a header's bytes as characters; those that are UTF-8 meant it. */
function headerText(value: string | null): string | null {
  if (value === null || !/[\x80-\xff]/.test(value)) return value
  const bytes = Uint8Array.from(value, character => character.charCodeAt(0))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return value
  }
}

function basic(authorization: string): { user: string; password: string } {
  const [scheme, token = ''] = authorization.trim().split(/\s+/, 2)
  if (scheme.toLowerCase() !== 'basic')
    throw new DBError(
      'AUTHENTICATION_FAILED',
      `Invalid authentication: '${scheme}' HTTP Authorization scheme is not supported`,
    )
  let text: string
  try {
    text = decodeText(Uint8Array.from(atob(token), character => character.charCodeAt(0)))
  } catch (error) {
    throw new DBError('AUTHENTICATION_FAILED', 'Invalid authentication: the Authorization header is not Base64', {
      cause: error,
    })
  }
  const colon = text.indexOf(':')
  return colon < 0
    ? { user: text || 'default', password: '' }
    : { user: text.slice(0, colon) || 'default', password: text.slice(colon + 1) }
}

const mixed = (one: string, other: string): DBError =>
  new DBError(
    'AUTHENTICATION_FAILED',
    `Invalid authentication: it is not allowed to use ${one} and ${other} simultaneously`,
  )
