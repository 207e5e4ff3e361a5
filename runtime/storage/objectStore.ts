/**
 * Whole objects under keys: S3, R2, OPFS, an HTTP origin, memory. The weakest language that they share; disks are made over it
 * (storage/disks). Keys are `a/b/c` without a leading `/`, of any UTF-8 characters. Errors are DBErrors: FILE_DOESNT_EXIST where an
 * object must be there and is not, others as each call says, S3_ERROR (499), NETWORK_ERROR (210),
 * CANNOT_READ_ALL_DATA (33) for answers that are not what was asked for, NOT_ENOUGH_SPACE (243) where there is a quota.
 */
export interface ObjectStore {
  readonly can: {
    readonly write: boolean
    /** Objects can be listed (a plain HTTP origin cannot). */
    readonly list: boolean
    /** ifAbsent and ifMatch hold also against other writers. */
    readonly conditional: boolean
  }

  /**
   * Bytes [start, end) of an object, or of its whole when no range is given; past its end fewer bytes come. null: there is no such
   * object. The answer is checked: a store that gives another range, or less than it said, is an error and never a result.
   */
  get(key: string, options?: GetOptions): Promise<StoredObject | null>
  /** As get, when `etag` is not the object's tag any more; 'same' while it is. */
  getIfChanged(key: string, etag: string): Promise<StoredObject | null | 'same'>
  /**
   * One object, whole, durable when it returns. ifAbsent: FILE_ALREADY_EXISTS when there is one. ifMatch: it is replaced only while
   * its tag is this one, else COORDINATION_ERROR (its text says that somebody else wrote).
   */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<{ readonly etag: string }>
  /** An object that is written piece by piece (multipart where there is that); visible, whole, once closed. */
  create(key: string): Promise<ObjectWriter>
  /** Objects whose keys start with prefix, in the order of their keys. */
  list(prefix: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<ObjectEntry>
  /** Names directly below `prefix` (which ends with `/` or is ''): objects, and prefixes of more objects. */
  listDirectory(
    prefix: string,
  ): Promise<{ readonly objects: readonly ObjectEntry[]; readonly prefixes: readonly string[] }>
  /** None of them there is no error. */
  remove(keys: readonly string[]): Promise<void>
  /** The same bytes under another key, without their passing through here where the store can do it. */
  copy(from: string, to: string): Promise<void>
}

export interface GetOptions {
  readonly start?: number
  readonly end?: number
  /** Bytes of this version of the object, else CANNOT_READ_ALL_DATA with a text that says that it has changed. */
  readonly ifMatch?: string
  readonly signal?: AbortSignal
}

export interface PutOptions {
  readonly ifAbsent?: boolean
  readonly ifMatch?: string
}

export interface StoredObject {
  readonly bytes: Uint8Array
  /** '' where the store gives none. */
  readonly etag: string
  /** Of the whole object, where the store says. */
  readonly size: number | null
}

export interface ObjectEntry {
  readonly key: string
  readonly size: number
  readonly etag: string
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number
}

/** Writes happen in order; the bytes given are used before the promise resolves. */
export interface ObjectWriter {
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<{ readonly etag: string }>
  /** Nothing becomes visible, and nothing stays. */
  abort(): Promise<void>
}
