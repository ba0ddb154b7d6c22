/* Loading configurations from a folder of the test's own, with what was reported as text. */
#pragma once

#include "base/blob.h"
#include "conf/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A configuration of one service that is in order, for mistakes to be added to. */
#define SOUND "services: { a: { listeners = ( { port = 8462; } ); }; };\n"

struct loading {
    char folder[64];
    char main_file[96];   /* FOLDER/main.conf */
    struct buffer report; /* a line for each mistake: "main.conf:3: text" */
};

/* libconfig 1.5 loses the text before a syntax error; ours is what the sanitizer should look at. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libconfig\n";
}

static inline int loading_begin(void **state) {
    struct loading *loading = calloc(1, sizeof *loading);
    assert_non_null(loading);
    strcpy(loading->folder, "/tmp/mailstored-conf-XXXXXX");
    assert_non_null(mkdtemp(loading->folder));
    snprintf(loading->main_file, sizeof loading->main_file, "%s/main.conf", loading->folder);
    *state = loading;
    return 0;
}

static inline int loading_end(void **state) {
    struct loading *loading = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", loading->folder);
    int status = system(command);
    buffer_finish(&loading->report);
    free(loading);
    return status;
}

static inline void write_bytes(const struct loading *loading, const char *name, const void *data,
                               size_t size) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", loading->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void write_text(const struct loading *loading, const char *name, const char *text) {
    write_bytes(loading, name, text, strlen(text));
}

static inline void note_mistake(void *context, const struct conf_mistake *mistake) {
    struct loading *loading = context;
    const char *file = mistake->file;
    size_t folder = strlen(loading->folder);
    assert_non_null(file);
    if (strncmp(file, loading->folder, folder) == 0 && file[folder] == '/')
        file += folder + 1;
    buffer_append_text(&loading->report, file);
    if (mistake->line > 0)
        buffer_printf(&loading->report, ":%u", mistake->line);
    buffer_printf(&loading->report, ": %s%s\n", mistake->warning ? "warning: " : "", mistake->text);
}

static inline struct conf *load_overridden(struct loading *loading,
                                           const struct conf_overrides *overrides) {
    struct conf *conf = NULL;
    buffer_clear(&loading->report);
    bool ok = conf_load(overrides, note_mistake, loading, &conf);
    assert_true(ok == (conf != NULL));
    buffer_append_text(&loading->report, "");
    return conf;
}

/* main.conf, with its state kept in the folder "state" beside it unless it says otherwise. */
static inline struct conf *load_text(struct loading *loading, const char *text) {
    char whole[16384];
    int length = snprintf(whole, sizeof whole, "%s%s", text,
                          strstr(text, "state_folder") ? "" : " state_folder = \"state\";");
    assert_in_range(length, 0, sizeof whole - 1);
    write_text(loading, "main.conf", whole);
    return load_overridden(loading, &(struct conf_overrides){.config_file = loading->main_file});
}

static inline bool is_whole_line(const char *report, const char *at, size_t length) {
    return (at == report || at[-1] == '\n') && (at[length] == '\n' || at[length] == '\0');
}

/* Loads a text that has exactly these mistakes: whole lines, in any order. */
static inline void expect_mistakes(struct loading *loading, const char *text,
                                   const char *const *lines) {
    struct conf *conf = load_text(loading, text);
    const char *report = loading->report.data;
    size_t told = 0, expected = 0;
    for (const char *at = report; *at; at++)
        told += *at == '\n';
    for (; lines[expected]; expected++) {
        const char *at = strstr(report, lines[expected]);
        if (!at || !is_whole_line(report, at, strlen(lines[expected])))
            fail_msg("not told: %s\ntold:\n%s", lines[expected], report);
    }
    if (told != expected)
        fail_msg("told more than expected of\n%s\n:\n%s", text, report);
    assert_null(conf);
}

#define EXPECT(loading, text, ...) \
    expect_mistakes(loading, text, (const char *const[]){__VA_ARGS__, NULL})

static inline struct conf *expect_sound(struct loading *loading, const char *text) {
    struct conf *conf = load_text(loading, text);
    if (!conf)
        fail_msg("%s", loading->report.data);
    assert_string_equal(loading->report.data, "");
    return conf;
}

/* The normalised form, with the test's folder written as FOLDER. */
static inline char *print_portably(const struct loading *loading, const struct conf *conf) {
    char *text = conf_print(conf);
    assert_non_null(text);
    struct buffer out = {0};
    const char *at = text, *next;
    while ((next = strstr(at, loading->folder))) {
        buffer_append(&out, at, (size_t)(next - at));
        buffer_append_text(&out, "FOLDER");
        at = next + strlen(loading->folder);
    }
    buffer_append_text(&out, at);
    free(text);
    return buffer_take(&out);
}

static inline char *read_whole(const char *path) {
    struct buffer text = {0};
    char piece[4096];
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open %s", path);
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;)
        buffer_append(&text, piece, size);
    fclose(file);
    return buffer_take(&text);
}

/* MAILSTORED_GOLDEN_WRITE=1 writes the golden file instead: then look at what git says changed. */
static inline void assert_same_as_file(const char *text, const char *path) {
    if (getenv("MAILSTORED_GOLDEN_WRITE")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    char *golden = read_whole(path);
    assert_string_equal(text, golden);
    free(golden);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, loading_begin, loading_end)
