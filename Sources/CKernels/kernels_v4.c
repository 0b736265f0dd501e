// The kernels for x86-64-v4: AVX-512. The compiler prefers 256 bits for this target; `min_vector_width` and the width
// asked of the vectoriser make it use all 512.
#include "CKernels.h"
#if defined(__x86_64__)
#include <float.h>
#include <math.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"), min_vector_width(512))), apply_to = function)
#define TZ_NAME(x) x##_v4
#define TZ_TARGET_NAME "x86-64-v4"
#define TZ_LANES 16
#define TZ_TILE_ROWS 14
#define TZ_VECTORIZE _Pragma("clang loop vectorize(assume_safety) vectorize_width(16)")
#include "body.inc"
#pragma clang attribute pop

const tz_kernels *tz_kernels_v4(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd") && tz_kernels_v3() != NULL
             ? &table_v4
             : NULL;
}
#else
const tz_kernels *tz_kernels_v4(void) { return NULL; }
#endif
