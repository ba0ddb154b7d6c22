#include "daemon/access_log.h"

#include "base/blob.h"
#include "base/log.h"
#include "base/time_text.h"
#include "daemon/connection.h"
#include "daemon/listener.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct access_log {
    char *path;
    FILE *file;
    pthread_mutex_t mutex; /* guards the file while it is exchanged */
};

static FILE *open_file(const char *path, struct error *err) {
    FILE *file = fopen(path, "ae");
    if (!file)
        error_set_system(err, errno, "access log %s cannot be opened", path);
    return file;
}

static bool open_log(const char *path, struct access_log **out, struct error *err) {
    struct access_log *log = calloc(1, sizeof *log);
    if (!log || !(log->path = strdup(path))) {
        error_set(err, ERROR_MEMORY, "access log: out of memory");
        free(log);
        return false;
    }
    log->file = open_file(path, err);
    if (!log->file) {
        free(log->path);
        free(log);
        return false;
    }
    pthread_mutex_init(&log->mutex, NULL);
    *out = log;
    return true;
}

static void close_log(struct access_log *log) {
    if (!log)
        return;
    fclose(log->file);
    pthread_mutex_destroy(&log->mutex);
    free(log->path);
    free(log);
}

static bool reopen_log(struct access_log *log, struct error *err) {
    FILE *file = open_file(log->path, err);
    if (!file)
        return false;
    pthread_mutex_lock(&log->mutex);
    FILE *before = log->file;
    log->file = file;
    pthread_mutex_unlock(&log->mutex);
    fclose(before);
    return true;
}

/* ---- all of them ---- */

struct access_logs {
    struct access_log **items;
    size_t count;
};

bool access_logs_create(struct access_logs **out, struct error *err) {
    struct access_logs *logs = calloc(1, sizeof *logs);
    if (!logs) {
        error_set(err, ERROR_MEMORY, "access logs: out of memory");
        return false;
    }
    *out = logs;
    return true;
}

void access_logs_destroy(struct access_logs *logs) {
    if (!logs)
        return;
    for (size_t i = 0; i < logs->count; i++)
        close_log(logs->items[i]);
    free(logs->items);
    free(logs);
}

bool access_logs_get(struct access_logs *logs, const char *path, struct access_log **out,
                     struct error *err) {
    for (size_t i = 0; i < logs->count; i++)
        if (strcmp(logs->items[i]->path, path) == 0) {
            *out = logs->items[i];
            return true;
        }
    struct access_log **items =
        realloc(logs->items, (logs->count + 1) * sizeof(struct access_log *));
    if (!items) {
        error_set(err, ERROR_MEMORY, "access logs: out of memory");
        return false;
    }
    logs->items = items;
    if (!open_log(path, out, err))
        return false;
    items[logs->count++] = *out;
    return true;
}

void access_logs_reopen(struct access_logs *logs) {
    struct error err;
    for (size_t i = 0; i < logs->count; i++)
        if (!reopen_log(logs->items[i], &err))
            log_error("access log", "%s; the old file is still written", err.text);
}

/* ---- lines ---- */

/* A request must not be able to end its line or its quotes. */
static void append_quoted(struct buffer *line, const char *text) {
    buffer_append_text(line, "\"");
    for (const char *c = text && *text ? text : "-"; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte < 0x20 || byte >= 0x7F || byte == '"' || byte == '\\')
            buffer_printf(line, "\\x%02X", byte);
        else
            buffer_append(line, c, 1);
    }
    buffer_append_text(line, "\"");
}

static void append_time(struct buffer *line) {
    time_t now = (time_t)time_now();
    struct tm parts;
    char text[64];
    localtime_r(&now, &parts);
    strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S %z", &parts);
    buffer_append_text(line, text);
}

void access_log_write(struct access_log *log, const struct connection *connection) {
    const struct request *request = &connection->request;
    char client[SOCKET_TEXT_SIZE];
    struct buffer line = {0};
    buffer_printf(&line, "%s - - [",
                  socket_address_host((const struct sockaddr *)&connection->client, client));
    append_time(&line);
    buffer_append_text(&line, "] ");
    append_quoted(&line, request->log_line);
    buffer_printf(&line, " %u %" PRIu64 " ", request->status, request->body_bytes);
    append_quoted(&line, request->log_referrer);
    buffer_append_text(&line, " ");
    append_quoted(&line, request->log_agent);
    buffer_append_text(&line, " ");
    append_quoted(&line, listener_settings(connection->listener)->service);
    buffer_append_text(&line, "\n");
    if (!line.failed) {
        pthread_mutex_lock(&log->mutex);
        fwrite(line.data, 1, line.size, log->file);
        fflush(log->file);
        pthread_mutex_unlock(&log->mutex);
    }
    buffer_finish(&line);
}
