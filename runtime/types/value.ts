/**
 * One SQL value outside of a column: literals, constants, partition values, bounds. By type:
 * (U)Int8..32, Float, Date (days), DateTime (seconds), Enum, IPv4, Bool (0 or 1): number; wider integers, Decimal (unscaled),
 * DateTime64 (ticks), UUID and IPv6 (128 bits, as printed from left to right), Interval: bigint; strings: text (core/text.ts);
 * Array, Tuple: Value[]; Map: [key, value][]; NULL: null.
 */
export type Value = null | number | bigint | string | Value[]
