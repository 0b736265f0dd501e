// Pointwise kernels, each compiled three times (x86-64-v4, x86-64-v3, the compiler's baseline) from one body.
// A table of functions is a value, chosen once; tests ask for each table by name.
//
// Every matrix is row-major and dense; `rows`, `hidden` and the like count elements, never bytes.
// Pointers of one call never overlap unless the comment says so.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How many weights of a sampler are summed at once; a draw looks at the sums first.
#define TZ_WEIGHT_BLOCK 256

typedef struct tz_kernels {
  const char *name;

  // values[i] = exp(values[i]), and so on. In place. For tests: the layers' kernels have them inside.
  void (*exponential)(size_t count, float *values);
  void (*sigmoid)(size_t count, float *values);
  void (*hyperbolic_tangent)(size_t count, float *values);

  // One time step of an LSTM with forget gate.
  // gates [rows, 4·hidden], order i f g o: in, the sums without bias; out, the activations. bias [4·hidden].
  // c_previous, c, h: [rows, hidden].
  void (*lstm_forward)(size_t rows, size_t hidden, float *gates, const float *bias, const float *c_previous, float *c,
                       float *h);
  // The same step backwards. gates: in, the activations; out, the gradient of the sums.
  // dh [rows, hidden]: the whole gradient of h. dc [rows, hidden]: in, the gradient of c from the step after;
  // out, the gradient of c_previous.
  void (*lstm_backward)(size_t rows, size_t hidden, float *gates, const float *c_previous, const float *c,
                        const float *dh, float *dc);

  // The same without a forget gate: gates [rows, 3·hidden], order i g o. c_previous has no gate whose gradient it enters.
  void (*lstm_1997_forward)(size_t rows, size_t hidden, float *gates, const float *bias, const float *c_previous,
                            float *c, float *h);
  void (*lstm_1997_backward)(size_t rows, size_t hidden, float *gates, const float *c, const float *dh, float *dc);

  // The same with the input gate 1 − f: gates [rows, 3·hidden], order f g o.
  void (*lstm_coupled_forward)(size_t rows, size_t hidden, float *gates, const float *bias, const float *c_previous,
                               float *c, float *h);
  void (*lstm_coupled_backward)(size_t rows, size_t hidden, float *gates, const float *c_previous, const float *c,
                                const float *dh, float *dc);

  // The same with peepholes ci, cf (from c_previous) and co (from c), each [hidden]; gates as lstm_forward has them.
  void (*lstm_peephole_forward)(size_t rows, size_t hidden, float *gates, const float *bias, const float *ci,
                                const float *cf, const float *co, const float *c_previous, float *c, float *h);
  void (*lstm_peephole_backward)(size_t rows, size_t hidden, float *gates, const float *ci, const float *cf,
                                 const float *co, const float *c_previous, const float *c, const float *dh, float *dc);
  // dci += Σ gate_i · c_previous, dcf += Σ gate_f · c_previous, dco += Σ gate_o · c over the rows, of the gradients that
  // lstm_peephole_backward left in gates. c_previous and c may overlap: a window's steps and those one later.
  void (*lstm_peephole_gradients)(size_t rows, size_t hidden, const float *gates, const float *c_previous,
                                  const float *c, float *dci, float *dcf, float *dco);

  // Each row of matrix becomes (row − mean) · scale with scale = 1 / √(variance + epsilon), which scales [rows] keeps.
  void (*normalize)(size_t rows, size_t columns, float *matrix, float *scales, float epsilon);
  // Backwards through y = gain · normalized: in, what normalize left; out, the gradient of what it was given.
  // dy [rows, columns]: the gradient of y. dgain [columns] += Σ dy · normalized.
  void (*normalize_backward)(size_t rows, size_t columns, float *normalized, const float *scales, const float *gain,
                             const float *dy, float *dgain);

  // One time step of an LSTM with layer normalisation, up to the new cell. gates [rows, 4·hidden], order i f g o: out, the
  // activations of gain_input · from_input + gain_state · from_state + bias; both products are normalised already.
  void (*lstm_normalized_cell)(size_t rows, size_t hidden, float *gates, const float *from_input,
                               const float *from_state, const float *gain_input, const float *gain_state,
                               const float *bias, const float *c_previous, float *c);
  // h = o · tanh(gain · normalized + bias), where normalized [rows, hidden] is the normalised cell.
  void (*lstm_normalized_output)(size_t rows, size_t hidden, const float *gates, const float *normalized,
                                 const float *gain, const float *bias, float *h);
  // Backwards: the gradient of o's sum takes o's place in gates; shown [rows, hidden] becomes that of tanh's argument.
  void (*lstm_normalized_output_backward)(size_t rows, size_t hidden, float *gates, const float *normalized,
                                          const float *gain, const float *bias, const float *dh, float *shown);
  // Backwards: the gradients of the other sums. from_output: the gradient of c by way of h. dc as in lstm_backward.
  void (*lstm_normalized_cell_backward)(size_t rows, size_t hidden, float *gates, const float *c_previous,
                                        const float *from_output, float *dc);

  // A whole window of a minimal GRU. gates [time, rows, 2·hidden], order z n: in, the sums without bias; out, z and n.
  // bias [2·hidden]. h [time + 1, rows, hidden]: in, the first step is the state before the window; out, all others.
  void (*min_gru_forward)(size_t time, size_t rows, size_t hidden, float *gates, const float *bias, float *h);
  // The window backwards. gates: in, the activations; out, the gradient of the sums. dh [time, rows, hidden]: in, the
  // gradient of h from above; out, with what came back through time. dstart [rows, hidden]: what comes back to the state
  // before the window is added.
  void (*min_gru_backward)(size_t time, size_t rows, size_t hidden, float *gates, const float *h, float *dh,
                           float *dstart);
  // The same of a minimal LSTM: gates [time, rows, 3·hidden], order f i n; bias [3·hidden].
  void (*min_lstm_forward)(size_t time, size_t rows, size_t hidden, float *gates, const float *bias, float *h);
  void (*min_lstm_backward)(size_t time, size_t rows, size_t hidden, float *gates, const float *h, float *dh,
                            float *dstart);

  // A window of a feed-forward layer that sees `context` inputs. sums [time, rows, context, hidden]: block n is what the
  // input gives to the n-th step after it. bias [hidden]; h [time, rows, hidden].
  // carried, carries [rows, context − 1, hidden]: what inputs before the window give to its first steps, and what inputs up
  // to its end give to the steps behind it.
  void (*feed_forward_forward)(size_t time, size_t rows, size_t hidden, size_t context, const float *sums,
                               const float *bias, const float *carried, float *h, float *carries);
  // The window backwards: sums becomes its gradient, and dstart, of the shape of carried, that of carried, as far as the
  // window reaches.
  void (*feed_forward_backward)(size_t time, size_t rows, size_t hidden, size_t context, float *sums, const float *h,
                                const float *dh, float *dstart);
  // One time step of a plain recurrent layer, with tanh or with max(0, ·). sums, h: [rows, hidden]; bias [hidden].
  void (*elman_tanh_forward)(size_t rows, size_t hidden, const float *sums, const float *bias, float *h);
  void (*elman_relu_forward)(size_t rows, size_t hidden, const float *sums, const float *bias, float *h);
  // The same backwards: sums becomes the gradient of the sums. dh: the whole gradient of h.
  void (*elman_tanh_backward)(size_t count, float *sums, const float *h, const float *dh);
  void (*elman_relu_backward)(size_t count, float *sums, const float *h, const float *dh);

  // One time step of a GRU whose reset gate stands after the recurrent product.
  // gates [rows, 3·hidden], order r z n: in, the sums without bias, n's without the recurrent part; out, the activations.
  // inner [rows, hidden]: in, W_hn·h_previous; out, with its bias. bias [2·hidden] of r and z; n_bias of n's sum and
  // inner_bias of what r multiplies, [hidden]. h_previous, h: [rows, hidden].
  void (*gru_forward)(size_t rows, size_t hidden, float *gates, float *inner, const float *bias, const float *n_bias,
                      const float *inner_bias, const float *h_previous, float *h);
  // The same step backwards. gates: in, the activations; out, the gradient of the sums. inner: out, its gradient.
  // dh: the whole gradient of h. dh_previous: what goes past the gates to the step before is added.
  void (*gru_backward)(size_t rows, size_t hidden, float *gates, float *inner, const float *h_previous, const float *dh,
                       float *dh_previous);

  // One time step of a GRU whose reset gate stands before the product, in two halves. gates as above, n's part with W_hn
  // times the reset state after the first half.
  // First half: r and z, and reset [rows, hidden] = r·h_previous. Second half: n and h.
  void (*gru_reset)(size_t rows, size_t hidden, float *gates, const float *bias, const float *h_previous, float *reset);
  void (*gru_update)(size_t rows, size_t hidden, float *gates, const float *bias, const float *h_previous, float *h);
  // The second half backwards: z and n become the gradients of their sums. Then the first half, from dreset, the gradient
  // of the reset state: r becomes that of its sum. Both add to dh_previous what goes past the product.
  void (*gru_update_backward)(size_t rows, size_t hidden, float *gates, const float *h_previous, const float *dh,
                              float *dh_previous);
  void (*gru_reset_backward)(size_t rows, size_t hidden, float *gates, const float *h_previous, const float *dreset,
                             float *dh_previous);

  // logits [rows, vocabulary] become their gradient, (softmax − wanted) · scale, where wanted is 1 − smoothing for the target,
  // and smoothing / vocabulary more for each token. losses[r] becomes −log softmax(logits_r)[targets[r]], without smoothing. A
  // target below zero is not scored: loss 0, gradient 0.
  void (*softmax_cross_entropy)(size_t rows, size_t vocabulary, float *logits, const int32_t *targets, float scale,
                                float smoothing, float *losses);
  // The losses alone; logits are left as they are.
  void (*cross_entropy)(size_t rows, size_t vocabulary, const float *logits, const int32_t *targets, float *losses);

  // The largest of some values; returns 0 where one of them is infinite or no number, and then the result means nothing.
  int (*largest)(size_t count, const float *values, float *largest);
  // weights[i] = exp((logits[i] − maximum) · factor), and sums[b] = the sum of block b of TZ_WEIGHT_BLOCK weights.
  void (*weigh)(size_t count, const float *logits, float maximum, float factor, float *weights, double *sums);

  void (*add)(size_t count, float *sum, const float *addend);                        // sum += addend
  void (*add_to_rows)(size_t rows, size_t columns, float *matrix, const float *row); // each row += row
  void (*sum_rows)(size_t rows, size_t columns, float *sum, const float *matrix);    // sum += each row
  // Panels of 32 columns, each [inner, 32], the last one filled up with zeros: ceil(columns / 32) · 32 · inner floats.
  // From a matrix [inner, columns]; from one [columns, inner].
  void (*pack)(size_t columns, size_t inner, float *panels, const float *matrix);
  void (*pack_transposed)(size_t columns, size_t inner, float *panels, const float *matrix);
  // c [rows, columns] = a [rows, inner] · the packed matrix, or c += that. Rows of a and c stand at their strides.
  void (*multiply_packed)(size_t rows, size_t columns, size_t inner, const float *a, size_t a_stride, const float *panels,
                          float *c, size_t c_stride, int adding);
  // Products of 8-bit integers. Rows of `a` as bytes q + 128, stride a multiple of 4 and the rest zero, with a scale each.
  void (*quantize_rows)(size_t rows, size_t inner, const float *a, size_t a_stride, uint8_t *quantized, size_t stride,
                        float *scales);
  // From 8-bit weights [columns, inner]: panels of 32 columns, each [inner / 4, 32, 4], and each column's sum.
  void (*pack_quantized)(size_t columns, size_t inner, int8_t *panels, int32_t *sums, const int8_t *matrix);
  // c [rows, columns] = (a · panels − 128 · sums) · scales, or c += that; groups = ceil(inner / 4). The second one is the
  // plain reference of the first; their integers are the same.
  void (*multiply_quantized)(size_t rows, size_t columns, size_t groups, const uint8_t *a, size_t a_stride,
                             const float *scales, const int8_t *panels, const float *weight_scales,
                             const int32_t *weight_sums, float *c, size_t c_stride, int adding);
  void (*multiply_quantized_plain)(size_t rows, size_t columns, size_t groups, const uint8_t *a, size_t a_stride,
                                   const float *scales, const int8_t *panels, const float *weight_scales,
                                   const int32_t *weight_sums, float *c, size_t c_stride, int adding);
  double (*sum_of_squares)(size_t count, const float *values);

  // Dropout of one row. Element j is kept if its 32 random bits are below keep_threshold, and multiplied by scale;
  // kept[j] becomes 1 or 0. The bits are Philox 4x32-10 under `key` of (j / 4, step, time, place): they depend on nothing
  // else.
  void (*dropout_forward)(size_t count, float *out, uint8_t *kept, const float *in, uint64_t key, uint32_t step,
                          uint32_t time, uint32_t place, uint64_t keep_threshold, float scale);
  void (*dropout_backward)(size_t count, float *gradient, const uint8_t *kept, float scale);

  // The optimizers' updates of a slice of the parameters. Each gradient is multiplied by gradient_scale as it is read,
  // so that clipping by the norm needs no pass of its own.
  //
  // AdamW with decay = 1 − rate · weight decay, step = rate / (1 − β₁ᵗ) and root = 1 / √(1 − β₂ᵗ).
  void (*adamw)(size_t count, float *parameters, const float *gradients, float *first, float *second,
                float gradient_scale, float decay, float one_minus_beta1, float beta2, float one_minus_beta2, float step,
                float root, float epsilon);
  // The same with weight_decay · p added to the gradient.
  void (*adam)(size_t count, float *parameters, const float *gradients, float *first, float *second,
               float gradient_scale, float weight_decay, float one_minus_beta1, float beta2, float one_minus_beta2,
               float step, float root, float epsilon);
  // Centred where mean is given, with momentum where velocity is; either may be NULL.
  void (*rmsprop)(size_t count, float *parameters, const float *gradients, float *square, float *mean, float *velocity,
                  float gradient_scale, float weight_decay, float rate, float alpha, float one_minus_alpha,
                  float epsilon, float momentum);
  void (*adagrad)(size_t count, float *parameters, const float *gradients, float *sum, float gradient_scale,
                  float weight_decay, float rate, float epsilon);
  void (*sgd)(size_t count, float *parameters, const float *gradients, float gradient_scale, float weight_decay,
              float rate);
  void (*sgd_momentum)(size_t count, float *parameters, const float *gradients, float *velocity, float gradient_scale,
                       float weight_decay, float rate, float momentum, int nesterov);
  // One step of sgd; then average moves towards the parameters by that part of the way.
  void (*sgd_averaged)(size_t count, float *parameters, const float *gradients, float *average, float gradient_scale,
                       float weight_decay, float rate, float part);
  // parameters += min(1, decay · roots) · (trained − parameters) − rate · gradients / (roots + epsilon).
  void (*dynamic_update)(size_t count, float *parameters, const float *gradients, const float *trained,
                         const float *roots, float rate, float epsilon, float decay);
  // Every value is brought into −limit … limit; NaN stays.
  void (*clamp)(size_t count, float *values, float limit);
} tz_kernels;

// The tables. NULL where this processor, or this build, cannot run it.
const tz_kernels *tz_kernels_v4(void);
const tz_kernels *tz_kernels_v3(void);
const tz_kernels *tz_kernels_baseline(void);

// Philox 4x32-10 (Salmon et al. 2011): 128 random bits from a counter and a key.
void tz_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

// Tells the processor that its thread waits for another one to write.
static inline void tz_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// How many processors this process may use: its affinity mask, where the system has one.
int tz_available_processors(void);

// So many bytes, all zero, aligned to a cache line; large ones to a huge page, and in such where the system has them. NULL
// where there is no room. Of a sparse one little will be touched: it comes page by page. They are given back with the number
// of bytes that was asked for.
void *tz_allocate(size_t bytes, bool is_sparse);
void tz_deallocate(void *memory, size_t bytes);

// Gives the system back what the allocator keeps of small buffers that are free, where it can. It looks through all of it,
// so it is for the end of work that comes seldom.
void tz_release_free_memory(void);
