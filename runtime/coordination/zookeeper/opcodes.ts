/** Kinds of requests, by ZooKeeper's numbers. */
export const opcode = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  createTtl: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  closeSession: -11,
  /** In place of an operation's in the results of a multi; also ends them, and the operations. */
  error: -1,
} as const

/** Requests and answers that are not numbered. */
export const xid = {
  /** Of a watch event. */
  event: -1,
  ping: -2,
  auth: -4,
  setWatches: -8,
} as const
