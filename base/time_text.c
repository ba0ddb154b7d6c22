#include "base/time_text.h"

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
