/* A folder of a test's own, gone with all it holds when the test ends. */
#pragma once

#include "base/string_list.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct scratch {
    char root[64];
    struct string_list paths; /* what scratch_path gave */
};

static inline int scratch_setup(void **state) {
    struct scratch *scratch = calloc(1, sizeof *scratch);
    if (!scratch)
        return -1;
    const char *folder = getenv("MAILSTORED_TEST_FOLDER");
    snprintf(scratch->root, sizeof scratch->root, "%s/mailstored-test-XXXXXX",
             folder ? folder : "/tmp");
    *state = scratch;
    /* Tests that drop their privileges go through it. */
    return mkdtemp(scratch->root) && chmod(scratch->root, 0755) == 0 ? 0 : -1;
}

static inline int scratch_remove_one(const char *path, const struct stat *status, int type,
                                     struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline int scratch_teardown(void **state) {
    struct scratch *scratch = *state;
    int status = nftw(scratch->root, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    string_list_finish(&scratch->paths);
    free(scratch);
    return status;
}

#define scratch_test(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

/* A path in the folder; good until the test ends. */
static inline const char *scratch_path(struct scratch *scratch, const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", scratch->root, name);
    assert_true(string_list_add(&scratch->paths, path));
    return scratch->paths.items[scratch->paths.count - 1];
}

static inline void put_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
}

static inline void put_folder(const char *path) {
    assert_int_equal(mkdir(path, 0755), 0);
}

static inline void put_link(const char *target, const char *path) {
    assert_int_equal(symlink(target, path), 0);
}

static inline void assert_file_holds(const char *path, const char *text) {
    char content[4096] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_true(read(file, content, sizeof content - 1) >= 0);
    close(file);
    assert_string_equal(content, text);
}

static inline unsigned mode_of(const char *path) {
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode & 07777;
}

static inline int is_there(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}
