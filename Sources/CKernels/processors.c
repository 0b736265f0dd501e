// sched_getaffinity needs _GNU_SOURCE, which Swift's own view of the C library lacks.
#define _GNU_SOURCE
#include <unistd.h>

#include "CKernels.h"
#if defined(__linux__)
#include <sched.h>
#endif

int tz_available_processors(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}
