import { type Acl, openAcl, type Stat } from '../requests.ts'

const noData = new Uint8Array(0)

/** Transaction numbers are JavaScript's numbers here: 2^53 of them are enough, and take less room than a bigint each. */
export class Node {
  children: Set<string> | null = null
  data: Uint8Array = noData
  acl: readonly Acl[] = openAcl
  mzxid: number
  pzxid: number
  mtime: number
  version = 0
  aversion = 0
  /** Children ever created: the number of the next sequential one. */
  creates = 0
  /** The last snapshot that has it, or that it came too late for. */
  mark = 0

  constructor(
    readonly path: string,
    /** Session that it ends with; 0n: none. */
    readonly owner: bigint,
    readonly czxid: number,
    readonly ctime: number,
  ) {
    this.mzxid = czxid
    this.pzxid = czxid
    this.mtime = ctime
  }

  get numChildren(): number {
    return this.children?.size ?? 0
  }

  get stat(): Stat {
    const { numChildren } = this
    return {
      czxid: BigInt(this.czxid),
      mzxid: BigInt(this.mzxid),
      pzxid: BigInt(this.pzxid),
      ctime: this.ctime,
      mtime: this.mtime,
      version: this.version,
      // Creates and deletes: what was created and is not there was deleted.
      cversion: (this.creates * 2 - numChildren) | 0,
      aversion: this.aversion,
      ephemeralOwner: this.owner,
      dataLength: this.data.length,
      numChildren,
    }
  }
}
