#include "base/time_text.h"

#include <string.h>
#include <time.h>

static struct tm parts_of(int64_t at) {
    time_t seconds = (time_t)at;
    struct tm parts = {0};
    gmtime_r(&seconds, &parts);
    return parts;
}

const char *time_text(int64_t at, char out[static TIME_TEXT_SIZE]) {
    const struct tm parts = parts_of(at);
    strftime(out, TIME_TEXT_SIZE, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return out;
}

const char *time_text_date(int64_t at, char out[static TIME_TEXT_SIZE]) {
    const struct tm parts = parts_of(at);
    strftime(out, TIME_TEXT_SIZE, "%Y-%m-%d", &parts);
    return out;
}

const char *time_text_rfc3339(int64_t at, char out[static TIME_TEXT_SIZE]) {
    const struct tm parts = parts_of(at);
    strftime(out, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return out;
}

/* Reads exactly `digits` digits; returns what follows them, NULL if they are none. */
static const char *read_digits(const char *text, int digits, int *out) {
    *out = 0;
    for (int i = 0; text && i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return NULL;
        *out = *out * 10 + (text[i] - '0');
    }
    return text ? text + digits : NULL;
}

static const char *read_mark(const char *text, char mark) {
    return text && *text == mark ? text + 1 : NULL;
}

/* "10:00:00", "10:00:00 UTC", or, behind a "T", "10:00:00Z". */
static const char *read_time_of_day(const char *text, char before, struct tm *parts) {
    text = read_digits(text, 2, &parts->tm_hour);
    text = read_digits(read_mark(text, ':'), 2, &parts->tm_min);
    text = read_digits(read_mark(text, ':'), 2, &parts->tm_sec);
    if (before == 'T')
        return read_mark(text, 'Z');
    return text && strcmp(text, " UTC") == 0 ? text + strlen(text) : text;
}

bool time_from_text(const char *text, int64_t *out) {
    struct tm parts = {0};
    text = read_digits(text, 4, &parts.tm_year);
    text = read_digits(read_mark(text, '-'), 2, &parts.tm_mon);
    text = read_digits(read_mark(text, '-'), 2, &parts.tm_mday);
    if (text && (*text == ' ' || *text == 'T'))
        text = read_time_of_day(text + 1, *text, &parts);
    if (!text || *text)
        return false;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    const struct tm asked = parts;
    int64_t at = (int64_t)timegm(&parts); /* 30 February becomes 2 March */
    if (parts.tm_year != asked.tm_year || parts.tm_mon != asked.tm_mon ||
        parts.tm_mday != asked.tm_mday || parts.tm_hour != asked.tm_hour ||
        parts.tm_min != asked.tm_min || parts.tm_sec != asked.tm_sec)
        return false;
    *out = at;
    return true;
}

int64_t time_now(void) {
    return (int64_t)time(NULL);
}

int64_t time_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t time_monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
