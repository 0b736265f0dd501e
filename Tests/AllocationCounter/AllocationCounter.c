#define _GNU_SOURCE
#include "AllocationCounter.h"

#include <stdlib.h>

// A sanitizer stands in the place of malloc itself.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TZ_IS_SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(TZ_IS_SANITIZED)
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Thread_local int is_counting;
static atomic_long own, other;

// Who asked is told by the address to which the call returns.
static void count(void *caller) {
  if (!is_counting) return;
  is_counting = 0;
  Dl_info from, here;
  int is_own = dladdr(caller, &from) == 0 || dladdr((void *)&tz_count_allocations, &here) == 0 ||
               from.dli_fbase == here.dli_fbase || strstr(from.dli_fname, "libswift") != NULL;
  atomic_fetch_add(is_own ? &own : &other, 1);
  is_counting = 1;
}

void *malloc(size_t size) {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}

void *calloc(size_t elements, size_t size) {
  count(__builtin_return_address(0));
  return __libc_calloc(elements, size);
}

void *realloc(void *block, size_t size) {
  count(__builtin_return_address(0));
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  count(__builtin_return_address(0));
  *block = __libc_memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}

int tz_allocations_can_be_counted(void) { return 1; }
void tz_count_allocations(int counts) { is_counting = counts; }
void tz_reset_allocations(void) { own = other = 0; }
long tz_own_allocations(void) { return own; }
long tz_other_allocations(void) { return other; }
#else
int tz_allocations_can_be_counted(void) { return 0; }
void tz_count_allocations(int counts) { (void)counts; }
void tz_reset_allocations(void) {}
long tz_own_allocations(void) { return 0; }
long tz_other_allocations(void) { return 0; }
#endif
