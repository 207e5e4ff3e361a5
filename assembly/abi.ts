// The version of the exported functions, as major.minor.patch: docs/core-abi.md says what changes when. build/core.mjs writes the same
// version into the module's custom section granary.abi, and build/abi.mjs holds the functions against it.

const MAJOR: i32 = 1;
const MINOR: i32 = 0;
const PATCH: i32 = 0;

/** The version of this interface: major << 16 | minor << 8 | patch. */
export function abiVersion(): i32 {
  return (MAJOR << 16) | (MINOR << 8) | PATCH;
}
