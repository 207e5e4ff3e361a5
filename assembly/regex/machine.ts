// A compiled regular expression in memory, as the host lays it out, and the buffers of its run. Nothing here recurses, and every
// engine's work is bounded by the program's size times the text's.
//
// A program is a list of instructions of 16 bytes over bytes (code points are sequences of byte ranges):
//   u8 op | u8 lowest | u8 highest | u8 0 | u32 next | u32 a | u32 b

/** A byte from lowest to highest, then next. */
export const BYTE: u8 = 0;
/** A byte by table: a = u8[256], 0 for none, else 1 + an index into b = u32[], where to go on. */
export const TABLE: u8 = 1;
/** next, or else a. */
export const SPLIT: u8 = 2;
/** Slot a is the position; then next. */
export const SAVE: u8 = 3;
/** Where the condition a holds: next. */
export const LOOK: u8 = 4;
export const MATCH: u8 = 5;

export const BEGIN_TEXT: u32 = 1;
export const END_TEXT: u32 = 2;
export const BEGIN_LINE: u32 = 3;
export const END_LINE: u32 = 4;
export const WORD_BOUNDARY: u32 = 5;
export const NO_WORD_BOUNDARY: u32 = 6;

/** Every match begins at the text's begin. */
export const ANCHORED: u32 = 1;
/** There are conditions on the text's begin; on lines; on words. */
export const USES_BEGIN: u32 = 2;
export const USES_LINES: u32 = 4;
export const USES_WORDS: u32 = 8;
/** There are at most 64 slots and the program is not large: tagged.ts runs it, else pike.ts. */
export const TAGGED: u32 = 16;

/** 96 bytes, written by the host; those from `dfa` on start as 0. */
@unmanaged
export class Machine {
  arena: u32;
  program: u32;
  size: u32; // instructions
  start: u32;
  flags: u32;
  slotCount: u32; // 2 for the whole match and each group
  classes: u32; // u8[256]: bytes that no instruction tells apart are one class
  classCount: u32; // with one more, the last, for the text's end
  representatives: u32; // u8[classCount]: a byte of each class
  prefix: u32; // what every match begins with, if prefixSize > 0
  prefixSize: u32;
  firstSet: u32; // the bytes a match can begin with (strings/scan), or 0
  slots: u32; // i32[slotCount]: the result, offsets into the text, -1 where a group did not take part
  work: u32; // i32[slotCount]
  dfa: u32;
  tagged: u32;
  lists: u32;
}

// @ts-ignore: decorator
@inline
export function instruction(machine: Machine, pc: u32): usize {
  return <usize>machine.program + (<usize>pc << 4);
}

// @ts-ignore: decorator
@inline
export function isWord(byte: u8): bool {
  return <u32>(byte | 0x20) - 0x61 < 26 || <u32>byte - 0x30 < 10 || byte == 0x5f;
}

/** Whether a condition holds at a position of the text [text, end). */
export function holds(what: u32, position: usize, text: usize, end: usize): bool {
  if (what == BEGIN_TEXT) return position == text;
  if (what == END_TEXT) return position == end;
  if (what == BEGIN_LINE) return position == text || load<u8>(position - 1) == 0x0a;
  if (what == END_LINE) return position == end || load<u8>(position) == 0x0a;
  const before = position > text && isWord(load<u8>(position - 1));
  const after = position < end && isWord(load<u8>(position));
  return (before != after) == (what == WORD_BOUNDARY);
}
