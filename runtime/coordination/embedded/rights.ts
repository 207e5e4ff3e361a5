// Who may do what: lists of rights, and who a session is.
import { encodeText } from '../../core/text.ts'
import { type Acl, openAcl, permissions } from '../requests.ts'
import { sha1 } from './sha1.ts'

/** What a session has shown to be: `digest` with `user:hash`, `ip` with an address. */
export interface Identity {
  readonly scheme: string
  readonly id: string
}

/** `user:password` as ZooKeeper stores it: `user:base64(sha1(user:password))`. */
export function digestIdentity(credentials: string): Identity {
  const user = credentials.slice(0, Math.max(0, credentials.indexOf(':')))
  const hash = btoa(String.fromCharCode(...sha1(encodeText(credentials))))
  return { scheme: 'digest', id: `${user}:${hash}` }
}

/** permission: one of them is enough. */
export function isAllowed(acl: readonly Acl[], permission: number, identities: readonly Identity[]): boolean {
  if (acl === openAcl) return true
  return acl.some(
    right =>
      (right.permissions & permission) !== 0 &&
      ((right.scheme === 'world' && right.id === 'anyone') ||
        identities.some(identity => identity.scheme === right.scheme && isMeant(right, identity.id))),
  )
}

function isMeant({ scheme, id }: Acl, shown: string): boolean {
  return scheme === 'ip' ? isInNetwork(shown, id) : id === shown
}

/** As it is stored: `auth` stands for all that the session has shown. null: not a list that can be. */
export function settledAcl(acl: readonly Acl[], identities: readonly Identity[]): readonly Acl[] | null {
  if (isOpen(acl)) return openAcl
  const settled: Acl[] = []
  for (const right of acl) {
    if (right.scheme === 'auth') {
      const shown = identities.filter(({ scheme }) => scheme !== 'ip')
      if (shown.length === 0) return null
      for (const { scheme, id } of shown) settled.push({ permissions: right.permissions, scheme, id })
    } else if (isValid(right)) settled.push(right)
    else return null
  }
  const unique = settled.filter((right, at) => settled.findIndex(other => isSame(other, right)) === at)
  return unique.length > 0 ? unique : null
}

/** What those see who may read, but not administer: no hashes of passwords. */
export function maskedAcl(acl: readonly Acl[], identities: readonly Identity[]): readonly Acl[] {
  if (isAllowed(acl, permissions.admin, identities)) return acl
  return acl.map(right =>
    right.scheme === 'digest' ? { ...right, id: `${right.id.slice(0, right.id.indexOf(':'))}:x` } : right,
  )
}

const isOpen = (acl: readonly Acl[]): boolean => acl === openAcl || (acl.length === 1 && isSame(acl[0], openAcl[0]))

const isSame = (one: Acl, other: Acl): boolean =>
  one.permissions === other.permissions && one.scheme === other.scheme && one.id === other.id

function isValid({ scheme, id }: Acl): boolean {
  switch (scheme) {
    case 'world':
      return id === 'anyone'
    case 'digest':
      return /^[^:]*:[^:]+$/.test(id)
    case 'ip':
      return networkOf(id) !== null
    default:
      return false
  }
}

/** network: `10.0.0.0/8`, or one address. */
function isInNetwork(address: string, network: string): boolean {
  if (address === network) return true
  const shown = networkOf(address)
  const meant = networkOf(network)
  if (!shown || !meant) return false
  const mask = meant.bits === 0 ? 0 : -1 << (32 - meant.bits)
  return (shown.address & mask) === (meant.address & mask)
}

function networkOf(text: string): { address: number; bits: number } | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text)
  if (!match) return null
  const [a, b, c, d] = match.slice(1, 5).map(Number)
  const bits = match[5] === undefined ? 32 : Number(match[5])
  if (Math.max(a, b, c, d) > 255 || bits > 32) return null
  return { address: (a << 24) | (b << 16) | (c << 8) | d, bits }
}
