// ICU's functions are macros that carry the library's version (`ubrk_next_72`), which Swift cannot see.
// Each `tz_` function forwards to one of them, so that one build is good for every ICU from 72 on.
#pragma once
#include <unicode/uchar.h>
#include <unicode/utypes.h>
#include <unicode/uversion.h>

static inline const char *tz_icu_version(void) { return U_ICU_VERSION; }
