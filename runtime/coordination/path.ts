import { CoordinationError } from './errors.ts'

/** Throws BadArguments where ZooKeeper would. A sequential node's path may end with a slash: its name is the number alone. */
export function checkPath(path: string, isSequential = false): void {
  const wrong = problemOf(isSequential ? `${path}1` : path)
  if (wrong) throw new CoordinationError('BadArguments', `path ${JSON.stringify(path)} ${wrong}`)
}

/** null: the path is right. */
export function problemOf(path: string): string | null {
  if (path === '/') return null
  if (!path.startsWith('/')) return 'does not start with /'
  if (path.endsWith('/')) return 'ends with /'
  if (path.includes('//')) return 'has an empty name in it'
  if (/\/\.\.?(\/|$)/.test(path)) return 'has . or .. in it'
  // Control characters, surrogates and private characters, as ZooKeeper's PathUtils.
  if (/[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/.test(path)) return 'has characters that are not allowed'
  return null
}

/** '/' for nodes at the top; the root has none. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function joinPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}

/** The number of a sequential node; null where the name does not end with ten digits. */
export function sequenceOf(path: string): number | null {
  const digits = /\d{10}$/.exec(path)
  return digits ? Number(digits[0]) : null
}
