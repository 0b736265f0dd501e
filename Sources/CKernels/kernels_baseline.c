// The kernels for whatever the compiler targets by default: SSE2 on x86-64, NEON on aarch64.
#define TZ_NAME(x) x##_baseline
#define TZ_TARGET_NAME "baseline"
#include "body.inc"

const tz_kernels *tz_kernels_baseline(void) { return &table_baseline; }

void tz_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  philox_rounds_baseline(&c0, &c1, &c2, &c3, key[0], key[1]);
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
