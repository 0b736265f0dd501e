// The kernels for x86-64-v3: AVX2 and FMA.
#include "CKernels.h"
#if defined(__x86_64__)
#include <float.h>
#include <math.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define TZ_NAME(x) x##_v3
#define TZ_TARGET_NAME "x86-64-v3"
#define TZ_LANES 8
#define TZ_TILE_ROWS 6
#include "body.inc"
#pragma clang attribute pop

const tz_kernels *tz_kernels_v3(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("bmi") &&
                 __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("movbe") ? &table_v3
                                                                                                          : NULL;
}
#else
const tz_kernels *tz_kernels_v3(void) { return NULL; }
#endif
