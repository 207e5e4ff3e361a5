import { DBError } from '../../core/errors.ts'
import type { S3Place } from './s3Location.ts'

/** What a store says when it refuses. */
export interface FailedAnswer {
  /** '' where the answer is not of S3's form. */
  readonly code: string
  readonly message: string
  readonly region: string | null
}

const hints: Readonly<Record<string, string>> = {
  ExpiredToken: 'the session token has expired: give new credentials',
  InvalidToken: 'the session token is not valid',
  InvalidAccessKeyId: 'the access key id is not known there',
  SignatureDoesNotMatch: 'the secret access key is wrong, or something changed the request on its way',
  AuthorizationHeaderMalformed: 'the region is probably wrong',
  PermanentRedirect: 'the bucket is in another region, or has another endpoint',
  RequestTimeTooSkewed: "this machine's clock is wrong",
  NoSuchBucket: 'there is no such bucket',
}

/** What S3 said, in words of a user; without anything that was signed with. */
export function s3Failure(
  what: string,
  status: number,
  { code, message, region }: FailedAnswer,
  { credentials, region: ours }: Pick<S3Place, 'credentials' | 'region'>,
): DBError {
  const parts = [`${what}: the store answered ${status}`]
  if (code !== '') parts[0] += ` ${code}`
  else parts.push('the answer is not one of an object store')
  if (message !== '') parts.push(message.slice(0, 500).replace(/\s+/g, ' ').replace(/\.$/, ''))
  if (Object.hasOwn(hints, code)) parts.push(hints[code])
  if (code === 'AccessDenied' && !credentials) parts.push('no credentials were given')
  if (region !== null && region !== '' && region !== ours) parts.push(`the bucket's region is ${region}, not ${ours}`)
  let text = parts.join('; ')
  for (const secret of [credentials?.secretAccessKey, credentials?.sessionToken, credentials?.accessKeyId])
    if (secret) text = text.replaceAll(secret, '[HIDDEN]')
  return new DBError('S3_ERROR', text)
}
