// The page allocator. Memory is handed out in runs of 64 KiB pages; one byte a page says whether it is taken, so free runs join
// by themselves. All state lies in the structure that heapCreate returns:
//
//   0  u32 pagesMax     how far memory may grow
//   4  u32 firstPage    first page that may be handed out
//   8  u32 cursor       no page below it is free
//  12  u32 pagesTaken
//  16  u32 growPages    least step in which memory grows
//  32  u8[pagesMax]     1 = taken
//
// Addresses stay below 2 GiB, so a pointer is a positive i32 on the JavaScript side.

export const PAGE_BYTES: usize = 65536;
const HEADER: usize = 32;

/**
 * Makes a heap in the memory behind the module's own data. pagesMax: at most 32767. growPages: memory grows by so many pages or more:
 * hosts look for garbage each time, and pages that nobody wrote to cost little. Returns its address, 0 if memory cannot grow.
 */
export function heapCreate(pagesMax: i32, growPages: i32): usize {
  if (pagesMax < 2 || pagesMax > 32767) return 0;
  const heap = (__heap_base + 63) & ~63;
  const first = <i32>((heap + HEADER + <usize>pagesMax + PAGE_BYTES - 1) / PAGE_BYTES);
  const missing = first - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return 0;
  store<u32>(heap, pagesMax, 0);
  store<u32>(heap, first, 4);
  store<u32>(heap, first, 8);
  store<u32>(heap, 0, 12);
  store<u32>(heap, growPages, 16);
  memory.fill(heap + HEADER, 0, <usize>pagesMax);
  return heap;
}

/** Pages in use. */
export function heapPagesTaken(heap: usize): i32 {
  return load<u32>(heap, 12);
}

const EIGHT_TAKEN: u64 = 0x0101010101010101;

/** The first run of free pages in [from, to), -1 if there is none. */
function search(heap: usize, from: i32, to: i32, pages: i32): i32 {
  const map = heap + HEADER;
  let run = 0;
  let page = from;
  while (page < to) {
    if (page + 8 <= to) {
      const eight = load<u64>(map + <usize>page);
      if (eight == EIGHT_TAKEN) {
        run = 0;
        page += 8;
        continue;
      }
      if (eight == 0 && run + 8 < pages) {
        run += 8;
        page += 8;
        continue;
      }
    }
    if (load<u8>(map + <usize>page)) run = 0;
    else if (++run == pages) return page - pages + 1;
    page++;
  }
  return -1;
}

/** Takes a run of pages, growing memory where needed. Returns its address, 0 when there is no room. */
export function heapTake(heap: usize, pages: i32): usize {
  if (pages <= 0) return 0;
  const limit = <i32>load<u32>(heap, 0);
  const first = <i32>load<u32>(heap, 4);
  const size = min(memory.size(), limit);
  // Always the first run that is long enough: a page that was written to once stays resident, so it had better be used again.
  const free = search(heap, <i32>load<u32>(heap, 8), size, 1);
  let page = free < 0 ? -1 : search(heap, free, size, pages);
  if (page < 0) {
    // The free run at the end of memory, if any, is the start of what is grown.
    let tail = size;
    while (tail > first && !load<u8>(heap + HEADER + <usize>(tail - 1))) tail--;
    if (tail + pages > limit) return 0;
    const needed = tail + pages - size;
    const wanted = min(limit - size, max(needed, max(<i32>load<u32>(heap, 16), size >> 3)));
    if (memory.grow(wanted) < 0 && (wanted == needed || memory.grow(needed) < 0)) return 0;
    page = tail;
  }
  memory.fill(heap + HEADER + <usize>page, 1, <usize>pages);
  store<u32>(heap, free < 0 || free == page ? page + pages : free, 8);
  store<u32>(heap, load<u32>(heap, 12) + pages, 12);
  return <usize>page * PAGE_BYTES;
}

/** Gives a run back. address and pages are those of heapTake. */
export function heapGive(heap: usize, address: usize, pages: i32): void {
  const page = <i32>(address / PAGE_BYTES);
  assert(load<u8>(heap + HEADER + <usize>page) == 1, "page is taken");
  memory.fill(heap + HEADER + <usize>page, 0, <usize>pages);
  store<u32>(heap, load<u32>(heap, 12) - pages, 12);
  if (page < <i32>load<u32>(heap, 8)) store<u32>(heap, page, 8);
}
