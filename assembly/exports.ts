// The ABI: everything that leaves the module is named here.
export { countMask, foo } from './memory/x'
