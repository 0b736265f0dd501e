#include "CICU.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>
#include <unicode/ucsdet.h>
#include <unicode/udata.h>
#include <unicode/uloc.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>
#include <unicode/uversion.h>

#include <string.h>

// The handles and the enumeration of the header are ICU's own under other names.
_Static_assert(sizeof(UErrorCode) == sizeof(int32_t), "an error code is an int32_t");
_Static_assert(sizeof(UChar) == sizeof(uint16_t), "a unit of text is a uint16_t");
#define STATUS ((UErrorCode *)status)

void tz_icu_version(uint8_t version[4]) { u_getVersion(version); }
void tz_unicode_version(uint8_t version[4]) { u_getUnicodeVersion(version); }

const char *tz_error_name(int32_t status) { return u_errorName((UErrorCode)status); }
int tz_is_buffer_overflow(int32_t status) { return status == U_BUFFER_OVERFLOW_ERROR; }

#define ITERATOR ((UBreakIterator *)iterator)
TZBreakIterator *tz_ubrk_open_characters(const char *locale, int32_t *status) {
  return (TZBreakIterator *)ubrk_open(UBRK_CHARACTER, locale, NULL, 0, STATUS);
}
TZBreakIterator *tz_ubrk_open_words(const char *locale, int32_t *status) {
  return (TZBreakIterator *)ubrk_open(UBRK_WORD, locale, NULL, 0, STATUS);
}
void tz_ubrk_close(TZBreakIterator *iterator) { ubrk_close(ITERATOR); }
void tz_ubrk_set_text(TZBreakIterator *iterator, const uint16_t *text, int32_t count, int32_t *status) {
  ubrk_setText(ITERATOR, (const UChar *)text, count, STATUS);
}
int32_t tz_ubrk_first(TZBreakIterator *iterator) { return ubrk_first(ITERATOR); }
int32_t tz_ubrk_next(TZBreakIterator *iterator) { return ubrk_next(ITERATOR); }
int32_t tz_ubrk_rule_status(TZBreakIterator *iterator) { return ubrk_getRuleStatus(ITERATOR); }

const uint16_t *tz_cj_dictionary(int32_t *count) {
  UErrorCode status = U_ZERO_ERROR;
  UDataMemory *data = udata_open(U_ICUDATA_NAME "-brkitr", "dict", "cjdict", &status);
  if (U_FAILURE(status)) return NULL;
  UDataInfo info = {.size = sizeof info};
  udata_getInfo(data, &info);
  // Eight numbers come first: [0] where the trie begins, [3] where it ends, [4] its kind: 1 of units, 8 with values.
  const int32_t *numbers = udata_getMemory(data);
  if (memcmp(info.dataFormat, "Dict", 4) != 0 || info.formatVersion[0] != 1 || (numbers[4] & 15) != 9 ||
      numbers[0] < 32 || numbers[3] <= numbers[0]) {
    udata_close(data);
    return NULL;
  }
  *count = (numbers[3] - numbers[0]) / (int32_t)sizeof(uint16_t);
  return (const uint16_t *)((const char *)numbers + numbers[0]);
}

#define CONVERTER ((UConverter *)converter)
TZConverter *tz_ucnv_open(const char *name, int32_t *status) {
  UConverter *converter = ucnv_open(name, STATUS);
  ucnv_setToUCallBack(converter, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, STATUS);
  return (TZConverter *)converter;
}
void tz_ucnv_close(TZConverter *converter) { ucnv_close(CONVERTER); }
const char *tz_ucnv_name(const TZConverter *converter, int32_t *status) { return ucnv_getName(CONVERTER, STATUS); }
void tz_ucnv_to_unicode(TZConverter *converter, uint16_t **target, const uint16_t *target_limit,
                        const char **source, const char *source_limit, int32_t *offsets, int flush, int32_t *status) {
  ucnv_toUnicode(CONVERTER, (UChar **)target, (const UChar *)target_limit, source, source_limit, offsets,
                 flush != 0, STATUS);
}
void tz_ucnv_invalid_bytes(const TZConverter *converter, char *bytes, int8_t *count, int32_t *status) {
  ucnv_getInvalidChars(CONVERTER, bytes, count, STATUS);
}
int tz_ucnv_least_bytes(const TZConverter *converter) { return ucnv_getMinCharSize(CONVERTER); }
int32_t tz_ucnv_pending_count(const TZConverter *converter, int32_t *status) {
  return ucnv_toUCountPending(CONVERTER, STATUS);
}
int tz_is_invalid_bytes(int32_t status) {
  return status == U_INVALID_CHAR_FOUND || status == U_ILLEGAL_CHAR_FOUND || status == U_TRUNCATED_CHAR_FOUND ||
         status == U_ILLEGAL_ESCAPE_SEQUENCE || status == U_UNSUPPORTED_ESCAPE_SEQUENCE;
}

int32_t tz_convert_from_units(const char *name, char *target, int32_t capacity, const uint16_t *units, int32_t count,
                              int32_t *status) {
  UConverter *converter = ucnv_open(name, STATUS);
  int32_t written = ucnv_fromUChars(converter, target, capacity, (const UChar *)units, count, STATUS);
  ucnv_close(converter);
  return written;
}

#define SET ((USet *)set)
TZSet *tz_ucnv_open_set(const char *name, int32_t *status) {
  UConverter *converter = ucnv_open(name, STATUS);
  USet *set = uset_openEmpty();
  ucnv_getUnicodeSet(converter, set, UCNV_ROUNDTRIP_SET, STATUS);
  ucnv_close(converter);
  return (TZSet *)set;
}
void tz_uset_close(TZSet *set) { uset_close(SET); }
int32_t tz_uset_item_count(const TZSet *set) { return uset_getItemCount(SET); }
int32_t tz_uset_item(const TZSet *set, int32_t index, int32_t *first, int32_t *last, uint16_t *units, int32_t capacity,
                     int32_t *status) {
  return uset_getItem(SET, index, first, last, (UChar *)units, capacity, STATUS);
}

#define DETECTOR ((UCharsetDetector *)detector)
#define MATCH ((const UCharsetMatch *)match)
TZDetector *tz_ucsdet_open(int32_t *status) { return (TZDetector *)ucsdet_open(STATUS); }
void tz_ucsdet_close(TZDetector *detector) { ucsdet_close(DETECTOR); }
const TZMatch **tz_ucsdet_detect_all(TZDetector *detector, const char *bytes, int32_t length, int32_t *count,
                                     int32_t *status) {
  ucsdet_setText(DETECTOR, bytes, length, STATUS);
  return (const TZMatch **)ucsdet_detectAll(DETECTOR, count, STATUS);
}
const char *tz_ucsdet_name(const TZMatch *match, int32_t *status) { return ucsdet_getName(MATCH, STATUS); }
int32_t tz_ucsdet_confidence(const TZMatch *match, int32_t *status) { return ucsdet_getConfidence(MATCH, STATUS); }

#define FORM ((const UNormalizer2 *)form)
const TZNormalizer *tz_unorm2_nfc(int32_t *status) { return (const TZNormalizer *)unorm2_getNFCInstance(STATUS); }
const TZNormalizer *tz_unorm2_nfkc(int32_t *status) { return (const TZNormalizer *)unorm2_getNFKCInstance(STATUS); }
int32_t tz_unorm2_normalize(const TZNormalizer *form, const uint16_t *source, int32_t count, uint16_t *target,
                            int32_t capacity, int32_t *status) {
  return unorm2_normalize(FORM, (const UChar *)source, count, (UChar *)target, capacity, STATUS);
}
int32_t tz_unorm2_span_quick_check_yes(const TZNormalizer *form, const uint16_t *source, int32_t count,
                                       int32_t *status) {
  return unorm2_spanQuickCheckYes(FORM, (const UChar *)source, count, STATUS);
}
int tz_unorm2_has_boundary_before(const TZNormalizer *form, int32_t scalar) {
  return unorm2_hasBoundaryBefore(FORM, scalar);
}

int32_t tz_word_break(int32_t scalar) { return u_getIntPropertyValue(scalar, UCHAR_WORD_BREAK); }
int32_t tz_grapheme_break(int32_t scalar) { return u_getIntPropertyValue(scalar, UCHAR_GRAPHEME_CLUSTER_BREAK); }
int32_t tz_line_break(int32_t scalar) { return u_getIntPropertyValue(scalar, UCHAR_LINE_BREAK); }
int32_t tz_general_category(int32_t scalar) { return u_charType(scalar); }
int32_t tz_script(int32_t scalar) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(scalar, &status);
}
int tz_is_extended_pictographic(int32_t scalar) { return u_hasBinaryProperty(scalar, UCHAR_EXTENDED_PICTOGRAPHIC); }
int tz_is_wide(int32_t scalar) {
  const int32_t width = u_getIntPropertyValue(scalar, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH;
}
const char *tz_iso3_language(const char *locale) { return uloc_getISO3Language(locale); }
