// What the table of x86-64-v4 takes from kernels_vnni.c, where the processor has it.
#pragma once
#include <stddef.h>
#include <stdint.h>

int tz_has_vnni(void);
void tz_multiply_quantized_vnni(size_t rows, size_t columns, size_t groups, const uint8_t *a, size_t a_stride,
                                const float *scales, const int8_t *panels, const float *weight_scales,
                                const int32_t *weight_sums, float *c, size_t c_stride, int adding);
