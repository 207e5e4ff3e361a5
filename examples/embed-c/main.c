// The core alone, from C: core.wasm translated by wasm2c, no JavaScript and no other file of Granary. Answers, from the files of a part
// of a MergeTree table that ClickHouse wrote and from a roaring bitmap,
//   SELECT country, count(), sum(amount), max(amount), avg(amount) FROM orders
//   WHERE day BETWEEN '2024-02-01' AND '2024-02-20' AND amount > 100 AND user IN (the bitmap) GROUP BY country
// It searches the sparse index for the granules that may have such days, and decompresses only those.
//   ./main DATA_DIRECTORY       (see Makefile)
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "granary.h"

// What the module imports: one memory, which the host makes. Here an instance and its host are one structure.
struct w2c_env {
  wasm_rt_memory_t memory;
};
wasm_rt_memory_t *w2c_env_memory(struct w2c_env *env) { return &env->memory; }

static struct w2c_env host;
static w2c_granary core;
static u32 arena;

#define K(name) w2c_granary_##name

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

// An address of the core as a pointer. This memory does not move when it grows; on other hosts it may, so no pointer is kept.
static void *at(u32 address) { return host.memory.data + address; }

static u32 allocate(u64 size) {
  const u32 address = K(arenaAllocate)(&core, arena, (u32)size);
  if (address == 0) fail("out of memory");
  return address;
}

static u32 zeroed(u64 size) {
  const u32 address = allocate(size);
  memset(at(address), 0, size);
  return address;
}

static u32 put(const void *bytes, u64 size) {
  const u32 address = allocate(size);
  memcpy(at(address), bytes, size);
  return address;
}

typedef struct {
  u8 *bytes;
  u64 size;
} file_t;

static file_t read_file(const char *directory, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *stream = fopen(path, "rb");
  if (stream == NULL) fail(path);
  fseek(stream, 0, SEEK_END);
  file_t file = {.size = (u64)ftell(stream)};
  rewind(stream);
  file.bytes = malloc(file.size);
  if (file.bytes == NULL || fread(file.bytes, 1, file.size, stream) != file.size) fail(path);
  fclose(stream);
  return file;
}

// Numbers in files stand unaligned.
static u32 u32_at(const u8 *bytes) {
  u32 value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

// A mark: u64 where a frame begins | u64 where in its plain bytes the granule does.
typedef struct {
  u64 frame;
  u64 inside;
} mark_t;

static mark_t mark_of(file_t marks, u32 granule, u64 end) {
  mark_t mark = {.frame = end, .inside = 0};
  if ((granule + 1) * sizeof mark <= marks.size) memcpy(&mark, marks.bytes + granule * sizeof mark, sizeof mark);
  return mark;
}

enum { granule_rows = 512, checksum_bytes = 16, header_bytes = 9, lz4 = 0x82 };

typedef struct {
  u32 address;
  u32 rows;
} column_t;

// A column's granules [start, end): the frames that they are in, each checked by its hash and decompressed.
// A frame: 16 bytes CityHash128 of the rest | u8 method | u32 size with these 9 bytes | u32 plain size | payload
static column_t read_column(const char *directory, const char *name, u32 width, u32 start, u32 end) {
  char path[256];
  snprintf(path, sizeof path, "part/%s.bin", name);
  const file_t file = read_file(directory, path);
  snprintf(path, sizeof path, "part/%s.mrk", name);
  const file_t marks = read_file(directory, path);
  const mark_t from = mark_of(marks, start, file.size), to = mark_of(marks, end, file.size);
  const u64 stop = to.inside > 0 ? to.frame + 1 : to.frame;

  u64 plain_size = 0;
  for (u64 place = from.frame; place < stop; place += checksum_bytes + u32_at(file.bytes + place + 17)) {
    if (place + checksum_bytes + header_bytes > file.size) fail("a frame is cut off");
    const u32 size = u32_at(file.bytes + place + 17);
    if (size < header_bytes || place + checksum_bytes + size > file.size) fail("a frame is cut off");
    plain_size += u32_at(file.bytes + place + 21);
  }
  const u32 plain = allocate(plain_size), hash = allocate(16);
  u32 target = plain;
  for (u64 place = from.frame; place < stop; place += checksum_bytes + u32_at(file.bytes + place + 17)) {
    const u8 *body = file.bytes + place + checksum_bytes;
    const u32 size = u32_at(body + 1), frame_size = u32_at(body + 5), frame = put(body, size);
    K(cityHash128)(&core, frame, size, hash);
    if (memcmp(at(hash), file.bytes + place, checksum_bytes) != 0) fail("a checksum does not match");
    if (*body != lz4) fail("not LZ4");
    if (K(lz4Decompress)(&core, frame + header_bytes, size - header_bytes, target, frame_size) != frame_size) fail("corrupt LZ4");
    target += frame_size;
  }
  const u64 there = (plain_size - from.inside) / width, wanted = (u64)(end - start) * granule_rows;
  free(file.bytes);
  free(marks.bytes);
  return (column_t){.address = plain + (u32)from.inside, .rows = (u32)(there < wanted ? there : wanted)};
}

static u32 put_u16(u16 value) { return put(&value, sizeof value); }
static u32 put_s32(s32 value) { return put(&value, sizeof value); }

static const u16 *names;
static int by_name(const void *a, const void *b) { return memcmp(names + *(const u32 *)a, names + *(const u32 *)b, 2); }

int main(int count, char **arguments) {
  if (count != 2) fail("usage: main DATA_DIRECTORY");
  const char *directory = arguments[1];

  if (!wasm_rt_allocate_memory(&host.memory, 1, 32768)) fail("no memory");
  wasm2c_granary_instantiate(&core, &host);
  if (K(abiVersion)(&core) >> 16 != 1) fail("this program was written for version 1 of the core");

  // A heap of at most 64 MiB, and an arena in its first page.
  const u32 heap = K(heapCreate)(&core, 1024, 16);
  arena = K(heapTake)(&core, heap, 1);
  K(arenaInit)(&core, arena, heap, 0);

  // Days since 1970-01-01.
  const u32 from = put_u16(19754) /* 2024-02-01 */, to = put_u16(19773) /* 2024-02-20 */;

  // The sparse index has the first day of each granule, u16. The first granule that may have a day is the one before the first mark
  // that is not less; none has it from the first mark on that is greater.
  const file_t index = read_file(directory, "part/primary.idx");
  const u32 keys = put(index.bytes, index.size), granules = (u32)(index.size / 2);
  const u32 lower = K(lowerBoundU16)(&core, keys, 0, granules, from);
  const u32 first = lower > 0 ? lower - 1 : 0, last = K(upperBoundU16)(&core, keys, 0, granules, to);
  free(index.bytes);
  fprintf(stderr, "granules %u to %u of %u\n", first, last, granules);

  const column_t days = read_column(directory, "day", 2, first, last);
  const column_t amounts = read_column(directory, "amount", 4, first, last);
  const column_t users = read_column(directory, "user", 4, first, last);
  const column_t countries = read_column(directory, "country", 2, first, last);
  const u32 rows = days.rows;

  // The bitmap of buyers, in the portable form that all roaring libraries share.
  const file_t file = read_file(directory, "buyers.roaring");
  const u32 bitmap = allocate(K(roaringBytes)(&core));
  K(roaringInit)(&core, bitmap, arena);
  if (K(roaringDeserialize)(&core, bitmap, put(file.bytes, file.size), (u32)file.size) != file.size) fail("corrupt bitmap");
  free(file.bytes);
  fprintf(stderr, "%.0f buyers\n", K(roaringCardinality)(&core, bitmap));

  // WHERE: a mask for each condition, and all of them.
  const u32 mask = allocate(rows), more = allocate(rows);
  K(greaterOrEqualConstU16)(&core, days.address, from, mask, rows);
  K(lessOrEqualConstU16)(&core, days.address, to, more, rows);
  K(maskAnd)(&core, mask, more, mask, rows);
  K(greaterConstI32)(&core, amounts.address, put_s32(100), more, rows);
  K(maskAnd)(&core, mask, more, mask, rows);
  K(roaringContainsMany)(&core, bitmap, users.address, rows, more);
  K(maskAnd)(&core, mask, more, mask, rows);

  // The rows that are left, of the columns that are still of use; in place.
  const u32 kept = K(filter4)(&core, amounts.address, mask, amounts.address, rows);
  K(filter2)(&core, countries.address, mask, countries.address, rows);
  fprintf(stderr, "%u of %u rows\n", kept, rows);

  // GROUP BY: a table gives each row the number of its group, and the states are arrays with one state a group.
  const u32 table = K(groupTableCreate2)(&core, arena), ids = allocate((u64)kept * 4);
  const u32 groups = K(groupTableUpsert2)(&core, table, countries.address, kept, ids);
  const u32 sums = zeroed(groups * 8), counts = zeroed(groups * 8), averages = zeroed(groups * 8);
  const u32 maxima = zeroed(groups * 4), flags = zeroed(groups);
  K(sumI32Grouped)(&core, sums, ids, amounts.address, kept);
  K(countGrouped)(&core, counts, ids, kept);
  K(maxI32Grouped)(&core, maxima, flags, ids, amounts.address, kept);
  K(averageI64)(&core, sums, counts, groups, averages);

  // ORDER BY country. Nothing allocates from here on, so pointers hold.
  names = at(K(groupTableKeys)(&core, table));
  u32 *order = malloc((groups + 1) * sizeof *order);
  if (order == NULL) fail("out of memory");
  for (u32 group = 0; group < groups; group++) order[group] = group;
  qsort(order, groups, sizeof *order, by_name);
  for (u32 place = 0; place < groups; place++) {
    const u32 group = order[place];
    printf("%.2s\t%llu\t%lld\t%d\t%.3f\n", (const char *)(names + group), (unsigned long long)((u64 *)at(counts))[group],
           (long long)((s64 *)at(sums))[group], ((s32 *)at(maxima))[group], ((f64 *)at(averages))[group]);
  }
  free(order);

  // Everything goes back at once.
  K(arenaDestroy)(&core, arena);
  wasm2c_granary_free(&core);
  wasm_rt_free_memory(&host.memory);
  return 0;
}
