// Memory for the big buffers: zero, aligned, and in huge pages where the system has them.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>

// From here on a buffer is a mapping of its own: it comes zero from the system, and a page is there when it is touched.
#define MAPPED_BYTES ((size_t)4 << 20)
#define HUGE_PAGE ((size_t)2 << 20)
// A whole number of pages, also where they are of 64 kilobytes, as on some arm64 systems.
#define PAGE ((size_t)64 << 10)

static void *map(size_t bytes, bool is_sparse) {
  const size_t length = (bytes + PAGE - 1) / PAGE * PAGE;
  uint8_t *start = mmap(NULL, length + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  // What lies before the first whole huge page and behind the buffer is given back.
  uint8_t *aligned = (uint8_t *)(((uintptr_t)start + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
  if (aligned > start) munmap(start, (size_t)(aligned - start));
  const size_t rest = (size_t)(start + HUGE_PAGE - aligned);
  if (rest > 0) munmap(aligned + length, rest);
  // One entry of the processor's table of pages in place of 512. Where the system has none, small ones do.
  madvise(aligned, length, is_sparse ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
  return aligned;
}
#endif

void *tz_allocate(size_t bytes, bool is_sparse) {
#if defined(__linux__)
  if (bytes >= MAPPED_BYTES) return map(bytes, is_sparse);
#endif
  (void)is_sparse;
  // A whole number of lines, so that no two buffers share one.
  const size_t size = bytes > 0 ? (bytes + 63) / 64 * 64 : 64;
  void *memory = aligned_alloc(64, size);
  if (memory) memset(memory, 0, size);
  return memory;
}

void tz_deallocate(void *memory, size_t bytes) {
#if defined(__linux__)
  if (bytes >= MAPPED_BYTES) {
    munmap(memory, (bytes + PAGE - 1) / PAGE * PAGE);
    return;
  }
#endif
  (void)bytes;
  free(memory);
}

void tz_release_free_memory(void) {
#if defined(__GLIBC__)
  // Its arenas, one for each thread or so, keep what lies below the highest piece in use.
  malloc_trim(0);
#endif
}
