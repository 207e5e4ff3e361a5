#include "wasm-rt.h"

#include <stdio.h>
#include <sys/mman.h>

static const uint64_t page_bytes = 65536;
// A 32-bit address plus a 32-bit offset.
static const uint64_t reserved_bytes = 1ull << 33;

bool wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t max_pages) {
  void *data = mmap(NULL, reserved_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) return false;
  *memory = (wasm_rt_memory_t){.data = data, .data_end = (uint8_t *)data + reserved_bytes, .page_size = page_bytes, .max_pages = max_pages};
  if (wasm_rt_grow_memory(memory, pages) == 0) return true;
  wasm_rt_free_memory(memory);
  return false;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) { munmap(memory->data, reserved_bytes); }

uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages) {
  const uint64_t before = memory->pages;
  if (pages > memory->max_pages - before) return UINT32_MAX;
  if (pages > 0 && mprotect(memory->data + memory->size, pages * page_bytes, PROT_READ | PROT_WRITE) != 0) return UINT32_MAX;
  memory->pages += pages;
  memory->size = memory->pages * page_bytes;
  return before;
}

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t size, uint32_t max_size) {
  table->data = calloc(size, sizeof *table->data);
  if (table->data == NULL) abort();
  table->size = size;
  table->max_size = max_size;
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table) { free(table->data); }

bool wasm_rt_is_initialized(void) { return true; }

// Only a debug build of the core, or a caller's mistake, gets here: a host that wants to survive it would longjmp.
void wasm_rt_trap(wasm_rt_trap_t trap) {
  fprintf(stderr, "the core trapped: %d\n", (int)trap);
  abort();
}
