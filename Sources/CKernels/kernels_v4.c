// The kernels for x86-64-v4: AVX-512. The compiler prefers 256 bits for this target; `min_vector_width` and the width
// asked of the vectoriser make it use all 512.
#include "CKernels.h"
#include "quantized.h"
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
static void multiply_quantized_v4(size_t rows, size_t columns, size_t groups, const uint8_t *a, size_t a_stride,
                                  const float *scales, const int8_t *panels, const float *weight_scales,
                                  const int32_t *weight_sums, float *c, size_t c_stride, int adding);
#define TZ_MULTIPLY_QUANTIZED multiply_quantized_v4
#include "body.inc"

static void multiply_quantized_v4(size_t rows, size_t columns, size_t groups, const uint8_t *a, size_t a_stride,
                                  const float *scales, const int8_t *panels, const float *weight_scales,
                                  const int32_t *weight_sums, float *c, size_t c_stride, int adding) {
  (tz_has_vnni() ? tz_multiply_quantized_vnni : multiply_quantized_plain_v4)(
      rows, columns, groups, a, a_stride, scales, panels, weight_scales, weight_sums, c, c_stride, adding);
}
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
