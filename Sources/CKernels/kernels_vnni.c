// The product of 8-bit integers for processors that multiply and add four bytes at once (AVX-512 VNNI).
#include "quantized.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define TZ_VNNI __attribute__((target("arch=x86-64-v4,avx512vnni"), min_vector_width(512)))
#define TZ_PANEL 32
#define TZ_UNROLL _Pragma("clang loop unroll(full)")

// `rows` rows by `count` panels, both constants where this is inlined.
TZ_VNNI static inline __attribute__((always_inline)) void tile(const int rows, const int count, size_t groups,
                                                               const uint8_t *a, size_t a_stride, const float *scales,
                                                               const int8_t *panel, const float *weight_scales,
                                                               const int32_t *weight_sums, float *c, size_t c_stride,
                                                               int adding, size_t width) {
  __m512i sums[8][8];
  TZ_UNROLL for (int r = 0; r < rows; r++) TZ_UNROLL for (int v = 0; v < 2 * count; v++) sums[r][v] =
      _mm512_setzero_si512();
  for (size_t g = 0; g < groups; g++) {
    TZ_UNROLL for (int p = 0; p < count; p++) {
      const int8_t *from = panel + ((size_t)p * groups + g) * 4 * TZ_PANEL;
      const __m512i w0 = _mm512_loadu_si512(from), w1 = _mm512_loadu_si512(from + 64);
      TZ_UNROLL for (int r = 0; r < rows; r++) {
        int32_t four;
        __builtin_memcpy(&four, a + r * a_stride + 4 * g, 4);
        const __m512i q = _mm512_set1_epi32(four);
        sums[r][2 * p] = _mm512_dpbusd_epi32(sums[r][2 * p], q, w0);
        sums[r][2 * p + 1] = _mm512_dpbusd_epi32(sums[r][2 * p + 1], q, w1);
      }
    }
  }
  TZ_UNROLL for (int r = 0; r < rows; r++) {
    const __m512 scale = _mm512_set1_ps(scales[r]);
    TZ_UNROLL for (int v = 0; v < 2 * count; v++) {
      const size_t column = 16 * (size_t)v;
      if (column >= width) continue;
      const __mmask16 mask = width - column >= 16 ? 0xFFFF : (__mmask16)((1u << (width - column)) - 1);
      const __m512i offset = _mm512_slli_epi32(_mm512_maskz_loadu_epi32(mask, weight_sums + column), 7);
      __m512 value = _mm512_cvtepi32_ps(_mm512_sub_epi32(sums[r][v], offset));
      value = _mm512_mul_ps(value, _mm512_mul_ps(scale, _mm512_maskz_loadu_ps(mask, weight_scales + column)));
      float *out = c + r * c_stride + column;
      if (adding) value = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, out), value);
      _mm512_mask_storeu_ps(out, mask, value);
    }
  }
}

#define TZ_CASE(ROWS, COUNT)                                                                                          \
  case ROWS:                                                                                                          \
    tile(ROWS, COUNT, groups, a + first * a_stride, a_stride, scales + first, panels + column * 4 * groups,           \
         weight_scales + column, weight_sums + column, c + first * c_stride + column, c_stride, adding, width);       \
    break;

TZ_VNNI void tz_multiply_quantized_vnni(size_t rows, size_t columns, size_t groups, const uint8_t *a, size_t a_stride,
                                        const float *scales, const int8_t *panels, const float *weight_scales,
                                        const int32_t *weight_sums, float *c, size_t c_stride, int adding) {
  size_t column = 0;
  if (rows == 1)
    for (; column + 4 * TZ_PANEL <= columns; column += 4 * TZ_PANEL) {
      const size_t first = 0, width = 4 * TZ_PANEL;
      switch (1) { TZ_CASE(1, 4) }
    }
  const size_t tiles = (rows + 7) / 8;
  for (; column < columns; column += TZ_PANEL) {
    const size_t width = columns - column;
    for (size_t t = 0; t < tiles; t++) {
      const size_t first = rows * t / tiles;
      switch (rows * (t + 1) / tiles - first) {
        TZ_CASE(1, 1) TZ_CASE(2, 1) TZ_CASE(3, 1) TZ_CASE(4, 1) TZ_CASE(5, 1) TZ_CASE(6, 1) TZ_CASE(7, 1) TZ_CASE(8, 1)
      }
    }
  }
}

int tz_has_vnni(void) { return __builtin_cpu_supports("avx512vnni") != 0; }
#else
int tz_has_vnni(void) { return 0; }
#endif
