/// How many bytes a second threads read of memory that no cache holds, as a product reads its weights.
///
///     memory_bandwidth THREADS SECONDS
///
/// Each thread has 256 MB of its own, which it sums from beginning to end, eight vectors of 64 bytes at a time, again and
/// again until SECONDS are over. All begin together; the rate is that of all threads.
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BYTES = 256 << 20, MAXIMUM_THREADS = 256 };

typedef uint64_t vector __attribute__((vector_size(64)));

static double seconds;
static pthread_barrier_t barrier;
static _Atomic uint64_t seen;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/// Sums its memory until the time is over; returns the bytes a second.
static void *reader(void *result) {
  vector *memory = aligned_alloc(64, BYTES);
  if (!memory) {
    fprintf(stderr, "memory_bandwidth: there is no room for 256 MB a thread\n");
    exit(1);
  }
  memset(memory, 1, BYTES);
  pthread_barrier_wait(&barrier);
  double start = now(), passed;
  double bytes = 0;
  vector sums[8] = {0};
  do {
    for (size_t i = 0; i < BYTES / sizeof(vector); i += 8)
      for (size_t k = 0; k < 8; k++) sums[k] += memory[i + k];
    bytes += BYTES;
    passed = now() - start;
  } while (passed < seconds);
  // Told to nobody, but the compiler must not leave the sums out.
  for (size_t k = 0; k < 8; k++) atomic_fetch_add(&seen, sums[k][0]);
  *(double *)result = bytes / passed;
  free(memory);
  return NULL;
}

int main(int count, char **arguments) {
  const int threads = count == 3 ? atoi(arguments[1]) : 0;
  seconds = count == 3 ? atof(arguments[2]) : 0;
  if (threads < 1 || threads > MAXIMUM_THREADS || seconds <= 0) {
    fprintf(stderr, "usage: memory_bandwidth THREADS SECONDS\n");
    return 64;
  }
  pthread_t handles[MAXIMUM_THREADS];
  double rates[MAXIMUM_THREADS], sum = 0;
  pthread_barrier_init(&barrier, NULL, (unsigned)threads);
  for (int n = 0; n < threads; n++)
    if (pthread_create(&handles[n], NULL, reader, &rates[n]) != 0) {
      fprintf(stderr, "memory_bandwidth: thread %d cannot be started\n", n);
      return 1;
    }
  for (int n = 0; n < threads; n++) {
    pthread_join(handles[n], NULL);
    sum += rates[n];
  }
  printf("{\"bytes_per_second\": %.0f}\n", sum);
  return 0;
}
