/* Points in time as text, and the two clocks.
 *
 * Points in time are seconds since 1970-01-01 UTC in an int64_t. Code that decides by time takes
 * `now` as a parameter; these clocks are read where events begin. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIME_TEXT_SIZE = 32 };

/* "2026-11-24 10:00:00 UTC"; returns `out`. Years 1 to 9999. */
const char *time_text(int64_t at, char out[static TIME_TEXT_SIZE]);
/* "2026-11-24"; returns `out`. */
const char *time_text_date(int64_t at, char out[static TIME_TEXT_SIZE]);
/* RFC 3339, "2026-11-24T10:00:00Z"; returns `out`. */
const char *time_text_rfc3339(int64_t at, char out[static TIME_TEXT_SIZE]);

/* "2026-11-24", which is its midnight, or that with a time of day, as each of the above writes it
 * (" UTC" may be left out). False if it is no point in time. */
bool time_from_text(const char *text, int64_t *out);

int64_t time_now(void);          /* wall clock, seconds */
int64_t time_now_ns(void);       /* wall clock, nanoseconds, as files' times have them */
int64_t time_monotonic_ms(void); /* never jumps; only differences mean something */
