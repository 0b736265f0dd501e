/// How fast ICU's break iterator finds boundaries, and nothing else, on one core.
///
///     icu_words FILE word|character LOCALE SECONDS
///
/// Reads FILE, which is UTF-8, and makes UTF-16 of it, as ICU likes it best; neither is timed. A pass then gives the
/// whole text to the iterator and asks for one boundary after the other until there is none, counting them. One pass
/// over the first million units warms up (ICU loads its dictionary when it first meets Japanese). Whole passes are
/// timed until SECONDS are over, one at least; the rate is in bytes of the file. No normalising, no token is looked
/// up or kept, no buffer is refilled: this is a bound for a tokenizer on one core that asks ICU for every boundary.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unicode/ubrk.h>
#include <unicode/ustring.h>
#include <unicode/uversion.h>

enum { WARM_UP_UNITS = 1000000 };

static void stop(const char *where, const char *what) {
  fprintf(stderr, "icu_words: %s: %s\n", where, what);
  exit(1);
}

static void check(UErrorCode status, const char *where) {
  if (U_FAILURE(status)) stop(where, u_errorName(status));
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static char *contents(const char *path, long *size) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0 || (*size = ftell(file)) < 0) stop(path, "cannot be read");
  if (*size == 0) stop(path, "is empty");
  if (*size > INT32_MAX) stop(path, "is larger than 2 GB, which ICU cannot take in one piece; name a smaller file");
  rewind(file);
  char *bytes = malloc((size_t)*size);
  if (!bytes || fread(bytes, 1, (size_t)*size, file) != (size_t)*size) stop(path, "cannot be read as a whole");
  fclose(file);
  return bytes;
}

static long boundaries(UBreakIterator *iterator, const UChar *text, int32_t length) {
  UErrorCode status = U_ZERO_ERROR;
  ubrk_setText(iterator, text, length, &status);
  check(status, "ubrk_setText");
  long count = 0;
  while (ubrk_next(iterator) != UBRK_DONE) count++;
  return count;
}

int main(int argc, char **argv) {
  if (argc != 5 || (strcmp(argv[2], "word") != 0 && strcmp(argv[2], "character") != 0) || !(atof(argv[4]) > 0)) {
    fprintf(stderr, "usage: icu_words FILE word|character LOCALE SECONDS\n");
    return 64;
  }
  long size;
  char *bytes = contents(argv[1], &size);
  // UTF-16 never has more units than UTF-8 has bytes.
  UChar *text = malloc((size_t)size * sizeof(UChar));
  if (!text) stop(argv[1], "does not fit into memory as UTF-16");
  int32_t length;
  UErrorCode status = U_ZERO_ERROR;
  u_strFromUTF8WithSub(text, (int32_t)size, &length, bytes, (int32_t)size, 0xFFFD, NULL, &status);
  // A text of ASCII alone fills the buffer and leaves no room for the zero that we do not need.
  check(status, argv[1]);
  free(bytes);

  UBreakIterator *iterator =
      ubrk_open(strcmp(argv[2], "word") == 0 ? UBRK_WORD : UBRK_CHARACTER, argv[3], NULL, 0, &status);
  check(status, "ubrk_open");
  boundaries(iterator, text, length < WARM_UP_UNITS ? length : WARM_UP_UNITS);

  long count, passes = 0;
  double start = now(), seconds;
  do {
    count = boundaries(iterator, text, length);
    passes++;
    seconds = now() - start;
  } while (seconds < atof(argv[4]));

  printf("{\"megabytes_per_second\": %.4f, \"boundaries\": %ld, \"passes\": %ld, \"seconds\": %.6f, \"bytes\": %ld, "
         "\"version\": \"%s\"}\n",
         (double)size * (double)passes / seconds / 1e6, count, passes, seconds, size, U_ICU_VERSION);
  ubrk_close(iterator);
  free(text);
  return 0;
}
