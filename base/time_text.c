#include "base/time_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

__attribute__((format(strftime, 2, 0))) static const char *
format_time(int64_t at, const char *format, char out[static TIME_TEXT_SIZE]) {
    time_t seconds = (time_t)at;
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) || strftime(out, TIME_TEXT_SIZE, format, &parts) == 0)
        strcpy(out, "-");
    return out;
}

const char *time_text(int64_t at, char out[static TIME_TEXT_SIZE]) {
    return format_time(at, "%Y-%m-%d %H:%M:%S UTC", out);
}

const char *time_text_date(int64_t at, char out[static TIME_TEXT_SIZE]) {
    return format_time(at, "%Y-%m-%d", out);
}

const char *time_text_rfc3339(int64_t at, char out[static TIME_TEXT_SIZE]) {
    return format_time(at, "%Y-%m-%dT%H:%M:%SZ", out);
}

int64_t time_now(void) {
    return (int64_t)time(NULL);
}

int64_t time_monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
