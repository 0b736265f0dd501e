// The part of ICU that Tsuzuri calls.
//
// ICU's functions are macros that carry the library's version (`ubrk_next_72`), which Swift cannot see; and ICU's
// types stand a second time in the copy of ICU inside Foundation, of another version, so that a Swift file that sees
// both does not compile. So no header of ICU is included here: handles are pointers to types that nobody defines,
// error codes and scalars are integers, and `icu.c` forwards each call. It is good for every ICU from 72 on; what is
// built needs the one that it was built with.
#pragma once
#include <stdint.h>

// Versions of the library that runs.
void tz_icu_version(uint8_t version[4]);
void tz_unicode_version(uint8_t version[4]);

// Errors. Warnings are negative, success is 0.
static inline int tz_failed(int32_t status) { return status > 0; }
const char *tz_error_name(int32_t status);
int tz_is_buffer_overflow(int32_t status);

// Break iterators.
typedef struct TZBreakIterator TZBreakIterator;
TZBreakIterator *tz_ubrk_open_characters(const char *locale, int32_t *status);
TZBreakIterator *tz_ubrk_open_words(const char *locale, int32_t *status);
void tz_ubrk_close(TZBreakIterator *iterator);
void tz_ubrk_set_text(TZBreakIterator *iterator, const uint16_t *text, int32_t count, int32_t *status);
int32_t tz_ubrk_first(TZBreakIterator *iterator);
int32_t tz_ubrk_next(TZBreakIterator *iterator);
int32_t tz_ubrk_rule_status(TZBreakIterator *iterator);

// The dictionary by which ICU divides Chinese and Japanese: a trie of UTF-16 units with a value for each word, of
// `count` units, which stays where it is as long as the process lives. NULL where this ICU has none in that form.
const uint16_t *tz_cj_dictionary(int32_t *count);

// Converters. They stop at bytes that mean nothing, and keep those bytes.
typedef struct TZConverter TZConverter;
TZConverter *tz_ucnv_open(const char *name, int32_t *status);
void tz_ucnv_close(TZConverter *converter);
const char *tz_ucnv_name(const TZConverter *converter, int32_t *status);
void tz_ucnv_to_unicode(TZConverter *converter, uint16_t **target, const uint16_t *target_limit,
                        const char **source, const char *source_limit, int32_t *offsets, int flush, int32_t *status);
void tz_ucnv_invalid_bytes(const TZConverter *converter, char *bytes, int8_t *count, int32_t *status);
int tz_ucnv_least_bytes(const TZConverter *converter);
int32_t tz_ucnv_pending_count(const TZConverter *converter, int32_t *status);
int tz_is_invalid_bytes(int32_t status);
int32_t tz_convert_from_units(const char *name, char *target, int32_t capacity, const uint16_t *units, int32_t count,
                              int32_t *status);

// What a converter can write: the characters that come back as they went in. An item of the set is a range of scalars,
// or, where the length returned is 2 or more, the units of a character that takes several.
typedef struct TZSet TZSet;
TZSet *tz_ucnv_open_set(const char *name, int32_t *status);
void tz_uset_close(TZSet *set);
int32_t tz_uset_item_count(const TZSet *set);
int32_t tz_uset_item(const TZSet *set, int32_t index, int32_t *first, int32_t *last, uint16_t *units, int32_t capacity,
                     int32_t *status);

// Charset detection.
typedef struct TZDetector TZDetector;
typedef struct TZMatch TZMatch;
TZDetector *tz_ucsdet_open(int32_t *status);
void tz_ucsdet_close(TZDetector *detector);
const TZMatch **tz_ucsdet_detect_all(TZDetector *detector, const char *bytes, int32_t length, int32_t *count,
                                     int32_t *status);
const char *tz_ucsdet_name(const TZMatch *match, int32_t *status);
int32_t tz_ucsdet_confidence(const TZMatch *match, int32_t *status);

// Normalisation.
typedef struct TZNormalizer TZNormalizer;
const TZNormalizer *tz_unorm2_nfc(int32_t *status);
const TZNormalizer *tz_unorm2_nfkc(int32_t *status);
int32_t tz_unorm2_normalize(const TZNormalizer *form, const uint16_t *source, int32_t count, uint16_t *target,
                            int32_t capacity, int32_t *status);
int32_t tz_unorm2_span_quick_check_yes(const TZNormalizer *form, const uint16_t *source, int32_t count,
                                       int32_t *status);
int tz_unorm2_has_boundary_before(const TZNormalizer *form, int32_t scalar);

// Properties, as the values that ICU's enumerations give them, and locales.
int32_t tz_word_break(int32_t scalar);
int32_t tz_grapheme_break(int32_t scalar);
int32_t tz_line_break(int32_t scalar);
int32_t tz_general_category(int32_t scalar);
int32_t tz_script(int32_t scalar);
int tz_is_extended_pictographic(int32_t scalar);
int tz_is_wide(int32_t scalar); // East Asian Width W or F
const char *tz_iso3_language(const char *locale);
