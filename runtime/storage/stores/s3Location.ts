// Where a bucket is and who asks: from a location, from options, from the environment.
import { DBError } from '../../core/errors.ts'
import type { RequestLimits } from './httpRequests.ts'

/** What a user states; what is missing comes from the environment. Secrets are never printed. */
export interface S3Options {
  /** `https://host[:port]`, of another service than Amazon's. */
  readonly endpoint?: string
  readonly region?: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly sessionToken?: string
  /** The bucket stands in the path (the default at an endpoint) or before the host. */
  readonly pathStyle?: boolean
  /** Requests are not signed, whatever credentials there are. */
  readonly anonymous?: boolean
}

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface S3Place {
  readonly bucket: string
  /** '' or with a `/` at its end. */
  readonly prefix: string
  /** Of the bucket, with a `/` at its end. */
  readonly url: string
  readonly region: string
  readonly credentials: S3Credentials | null
  readonly limits?: RequestLimits
}

const bucketName = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/

/** `s3://bucket/prefix` */
export function parseS3Url(location: string): { bucket: string; prefix: string } {
  const match = /^s3:\/\/([^/?#]+)(?:\/(.*))?$/is.exec(location)
  if (!match || !bucketName.test(match[1]))
    throw new DBError('BAD_ARGUMENTS', `Location ${shown(location)} is not of the form s3://bucket/prefix`)
  return { bucket: match[1], prefix: cleanPrefix(match[2] ?? '') }
}

/** `https://bucket.s3.region.amazonaws.com/prefix`, or `https://host/bucket/prefix`, as ClickHouse's endpoints are. */
export function parseS3Endpoint(endpoint: string): { bucket: string; prefix: string; options: S3Options } {
  if (/^s3:/i.test(endpoint)) return { ...parseS3Url(endpoint), options: {} }
  const url = parseUrl(endpoint)
  const path = decodeURIComponent(url.pathname).replace(/^\/+/, '')
  const hosted = /^(.+)\.s3(?:[.-]([a-z0-9-]+))?\.amazonaws\.com$/i.exec(url.host)
  const region = hosted?.[2] ?? /^s3[.-]([a-z0-9-]+)\.amazonaws\.com$/i.exec(url.host)?.[1]
  const options: S3Options = { endpoint: url.origin, ...(region ? { region } : {}) }
  if (hosted) {
    const origin = `${url.protocol}//${url.host.slice(hosted[1].length + 1)}`
    return { bucket: hosted[1], prefix: cleanPrefix(path), options: { ...options, endpoint: origin, pathStyle: false } }
  }
  const [bucket, ...rest] = path.split('/')
  if (!bucketName.test(bucket))
    throw new DBError(
      'BAD_ARGUMENTS',
      `Endpoint ${shown(endpoint)} does not name a bucket: https://host/bucket/prefix/`,
    )
  return { bucket, prefix: cleanPrefix(rest.join('/')), options }
}

export function s3Place(
  { bucket, prefix }: { bucket: string; prefix: string },
  options: S3Options,
  environment: (name: string) => string | undefined = () => undefined,
): S3Place {
  const of = (...names: string[]) => names.map(environment).find(value => value)
  const region = options.region ?? of('AWS_REGION', 'AWS_DEFAULT_REGION') ?? 'us-east-1'
  const endpoint = options.endpoint ?? of('AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL')
  return {
    bucket,
    prefix,
    region,
    url: bucketUrl(bucket, endpoint, region, options),
    credentials: credentialsOf(options, of),
  }
}

function bucketUrl(bucket: string, endpoint: string | undefined, region: string, { pathStyle }: S3Options): string {
  const base = parseUrl(endpoint ?? `https://s3.${region}.amazonaws.com`)
  // A wildcard certificate does not stand for names with dots in them.
  const inPath = pathStyle ?? (endpoint !== undefined || bucket.includes('.'))
  if (base.username || base.password)
    throw new DBError('BAD_ARGUMENTS', 'The endpoint of an object store holds a user name: state access_key_id instead')
  const path = base.pathname.replace(/\/+$/, '')
  if (inPath) return `${base.origin}${path}/${bucket}/`
  const host = base.host.startsWith(`${bucket}.`) ? base.host : `${bucket}.${base.host}`
  return `${base.protocol}//${host}${path}/`
}

function credentialsOf(
  { accessKeyId, secretAccessKey, sessionToken, anonymous }: S3Options,
  of: (...names: string[]) => string | undefined,
): S3Credentials | null {
  if (anonymous) return null
  // Stated ones and those of the environment are not to be mixed.
  if (accessKeyId !== undefined || secretAccessKey !== undefined) {
    if (!accessKeyId || !secretAccessKey)
      throw new DBError('BAD_ARGUMENTS', 'An object store needs both an access key id and a secret access key, or none')
    return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
  }
  const [id, secret, token] = [of('AWS_ACCESS_KEY_ID'), of('AWS_SECRET_ACCESS_KEY'), of('AWS_SESSION_TOKEN')]
  if (!id || !secret) return null
  return { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) }
}

function cleanPrefix(prefix: string): string {
  const trimmed = prefix.replace(/^\/+|\/+$/g, '')
  if (trimmed.split('/').some(part => part === '.' || part === '..'))
    throw new DBError('BAD_ARGUMENTS', `Prefix ${JSON.stringify(prefix)} of an object store has parts "." or ".."`)
  return trimmed === '' ? '' : `${trimmed}/`
}

function parseUrl(text: string): URL {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new DBError('BAD_ARGUMENTS', `Endpoint ${shown(text)} is not a URL`)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new DBError('BAD_ARGUMENTS', `Endpoint ${shown(text)} is not of http:// or https://`)
  return url
}

/** Without what may be a password or a signature. */
const shown = (url: string): string => JSON.stringify(url.replace(/\/\/[^/@]*@/, '//').replace(/\?.*/s, ''))
