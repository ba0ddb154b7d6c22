#include "base/log.h"

#include "base/blob.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LOG_LINE_LIMIT = 4096 };

/* The sink: the one mutable global. */
static struct {
    pthread_mutex_t mutex; /* guards the file, so that a line is never torn by reopening */
    atomic_int most_verbose;
    atomic_int form;
    FILE *file;
} sink = {
    .mutex = PTHREAD_MUTEX_INITIALIZER, .most_verbose = LOG_LEVEL_INFO, .form = LOG_FORM_PLAIN};

static const struct {
    enum log_level level;
    const char *name;
} levels[] = {{LOG_LEVEL_ERROR, "error"},
              {LOG_LEVEL_WARNING, "warning"},
              {LOG_LEVEL_NOTICE, "notice"},
              {LOG_LEVEL_INFO, "info"},
              {LOG_LEVEL_DEBUG, "debug"}};

static const char *level_name(enum log_level level) {
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (levels[i].level == level)
            return levels[i].name;
    return "?";
}

void log_open(enum log_form form, enum log_level most_verbose) {
    atomic_store(&sink.form, form);
    log_set_level(most_verbose);
}

void log_set_level(enum log_level most_verbose) {
    atomic_store(&sink.most_verbose, most_verbose);
}

bool log_open_file(const char *path, struct error *err) {
    FILE *file = NULL;
    if (path) {
        file = fopen(path, "ae"); /* e: not inherited by a child */
        if (!file) {
            error_set_system(err, errno, "log file %s cannot be opened", path);
            return false;
        }
    }
    pthread_mutex_lock(&sink.mutex);
    FILE *before = sink.file;
    sink.file = file;
    pthread_mutex_unlock(&sink.mutex);
    if (before)
        fclose(before);
    return true;
}

/* What the network or a file name may have put into a line must not forge another one. */
static void append_printable(struct buffer *line, const char *text) {
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte < 0x20 || byte == 0x7F)
            buffer_printf(line, "\\x%02X", byte);
        else
            buffer_append(line, c, 1);
    }
}

static void append_plain_head(struct buffer *line, enum log_level level) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm parts;
    char stamp[32];
    localtime_r(&now.tv_sec, &parts);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &parts);
    buffer_printf(line, "%s.%03ld %s ", stamp, now.tv_nsec / 1000000, level_name(level));
}

/* When there is no room for a line there is nowhere left to complain. */
static void write_line(FILE *file, const struct buffer *line) {
    fwrite(line->data, 1, line->size, file);
    fflush(file);
}

void log_write(enum log_level level, const char *subject, const char *format, ...) {
    if ((int)level > atomic_load(&sink.most_verbose))
        return;
    char text[LOG_LINE_LIMIT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    struct buffer body = {0};
    append_printable(&body, subject);
    buffer_append_text(&body, ": ");
    append_printable(&body, text);
    buffer_append_text(&body, "\n");

    struct buffer plain = {0};
    append_plain_head(&plain, level);
    buffer_append(&plain, body.data, body.size);

    struct buffer journal = {0};
    buffer_printf(&journal, "<%d>", (int)level);
    buffer_append(&journal, body.data, body.size);

    if (!body.failed && !plain.failed && !journal.failed) {
        const struct buffer *line = atomic_load(&sink.form) == LOG_FORM_JOURNAL ? &journal : &plain;
        pthread_mutex_lock(&sink.mutex);
        write_line(stderr, line);
        if (sink.file)
            write_line(sink.file, &plain);
        pthread_mutex_unlock(&sink.mutex);
    }
    buffer_finish(&body);
    buffer_finish(&plain);
    buffer_finish(&journal);
}
